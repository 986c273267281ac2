// `<script src="phaseline.js" data-endpoint="https://otel.shop.example" data-service="shop-page"></script>`: no build, no call.
import { observeBrowser } from './index.ts'

const { endpoint, service, propagate = '', ratio } = document.currentScript?.dataset ?? {}

if (endpoint === undefined) console.warn('phaseline: the script tag needs data-endpoint')
else
  observeBrowser({
    endpoint,
    propagateTo: propagate.split(/[\s,]+/).filter(Boolean),
    ...(service !== undefined && { serviceName: service }),
    ...(ratio !== undefined && { ratio: Number(ratio) }),
  })
