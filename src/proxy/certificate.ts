/** A certificate and its key, PEM. */
export interface Certificate {
  readonly key: string
  readonly cert: string
}

const WEEK_MS = 7 * 86_400_000

/** A new certificate for this machine's own names, valid for a week: nobody trusts it who was not given it. */
export async function selfSigned(): Promise<Certificate> {
  const { generate } = await import('selfsigned')
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notAfterDate: new Date(Date.now() + WEEK_MS),
    extensions: [
      { name: 'basicConstraints', cA: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
          { type: 7, ip: '::1' },
        ],
      },
    ],
  })
  return { key, cert }
}
