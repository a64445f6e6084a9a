// A process of its own, in the checkout of the validator and with that checkout's TypeScript loader. Sends the results
// of all flows to its parent.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [checkout = '', endpoint = '', key = '', capabilities = ''] = process.argv.slice(2);
const VALIDATION = 'backend/src/common/validation/supplier/services/validation';

// The validator prints each request. Only its results are of interest.
console.log = () => undefined;

/** @param {string} path below the validation's folder */
const load = (path) => import(pathToFileURL(join(checkout, VALIDATION, path)).href);

const { Context } = await load('context/Context.ts');
const { ValidationController } = await load('Controller.ts');
const { CapabilitiesFlow } = await load('Flows/Capabilites/CapabilitiesFlow.ts');

const context = new Context();
context.setSchema({ backend: { endpoint, headers: { Authorization: `Bearer ${key}` } } });
context.useRequestContext = false;
context.setCapabilities(capabilities === '' ? [] : capabilities.split(',').map((id) => ({ id })));
const controller = new ValidationController({ logScenario: () => undefined });
// The validator has this flow, but does not run it by itself.
const flows = [await new CapabilitiesFlow().validate(context), ...(await controller.validate(context))];
// The channel to the parent would keep this process alive.
process.send?.(flows, () => process.disconnect());
