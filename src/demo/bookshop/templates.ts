/**
 * The bookshop's pages, as Liquid templates, written to a folder at start: kept in a module so that the package's build copies no files.
 * @param script for the head of every page
 */
export const templates = (script: string): Readonly<Record<string, string>> => ({
  'base.html': `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{{ title }} · Bookshop</title>
<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="/static/shop.css">${script}</head>
<body><nav><a href="/books/">Books</a> <a href="/authors/">Authors</a></nav>
{% for message in messages %}<p class="message">{{ message.text }}</p>{% endfor %}
<main>{% block main %}{% endblock %}</main></body></html>`,
  'books.html': `{% layout 'base.html' %}{% block main %}<h1>Books</h1>
<ul>{% for book in books %}<li><a href="{{ 'book' | url: book.id }}">{{ book.title }}</a> by {{ book.author }}, {{ book.year }}</li>{% endfor %}</ul>
{% endblock %}`,
  'book.html': `{% layout 'base.html' %}{% block main %}<h1>{{ book.title }}</h1>
<p>{{ book.author }}, {{ book.year }}. {{ book.about }} <a href="/books/{{ book.id }}/stars/">Stars</a></p>
<h2>Readers say</h2>
{% for note in notes %}<blockquote>{{ note.text }} <cite>{{ note.reader }}</cite></blockquote>{% else %}<p>Nothing yet.</p>{% endfor %}
<p><a href="/books/{{ book.id }}/notes/">Say something</a></p>
{% if seen.size > 0 %}<p>You also looked at {{ seen | join: ', ' }}.</p>{% endif %}{% endblock %}`,
  'note.html': `{% layout 'base.html' %}{% block main %}<h1>{{ book.title }}</h1>
<form method="post">{{ csrf_input }}
<p><label>Your name <input name="reader" required maxlength="40"></label></p>
<p><label>What you think <textarea name="text" required maxlength="400"></textarea></label></p>
<button>Say it</button></form>{% endblock %}`,
  'stars.html': `{% layout 'base.html' %}{% block main %}<h1>{{ book.title }}</h1>
<p>{{ stars.average | round: 1 }} of 5 stars, from {{ stars.stars | size }} readers.</p>{% endblock %}`,
  'authors.html': `{% layout 'base.html' %}{% block main %}<h1>Authors</h1>
<ul>{% for author in authors %}<li>{{ author.name }}: {% for book in author.books %}{{ book.title }}{% unless forloop.last %}, {% endunless %}{% endfor %}</li>{% endfor %}</ul>
{% endblock %}`,
})

/** What the proxy serves by itself. */
export const STYLE = `body { font: 1rem/1.5 system-ui, sans-serif; max-width: 42rem; margin: 2rem auto; padding: 0 1rem; color-scheme: light dark }
nav a { margin-right: 1rem } blockquote { border-left: 3px solid; margin-left: 0; padding-left: 1rem } cite { opacity: .7 }
.message { border: 1px solid; padding: .5rem 1rem }\n`
