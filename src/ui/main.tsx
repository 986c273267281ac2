import './styles/base.css'
import './styles/phases.css'
import './styles/header.css'
import './styles/requests.css'
import './styles/timeline.css'
import './styles/details.css'
import './styles/board.css'
import './styles/alerts.css'
import './styles/compare.css'
import './styles/media.css'
import { render } from 'preact'
import { App } from './app.tsx'

render(<App />, document.getElementById('page') as HTMLElement)
