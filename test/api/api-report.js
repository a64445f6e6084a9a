// Writes the public API of the built package to libs/webhooks/etc, one file for each entry point: the names that a host can
// import, with their types. With --check it writes nothing, and fails when a file is not current.
import { mkdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';

const LIBRARY = fileURLToPath(new URL('../../libs/webhooks', import.meta.url));
const PACKAGE_JSON = `${LIBRARY}/package.json`;
const isCheck = process.argv.includes('--check');

/**
 * The entry points of the package, with the file that holds the types of each.
 *
 * @type {{ name: string, types: string }[]}
 */
const entryPoints = Object.entries(JSON.parse(readFileSync(PACKAGE_JSON, 'utf8')).exports).flatMap(
  ([name, { types }]) =>
    types === undefined ? [] : [{ name: name === '.' ? 'index' : name.slice('./'.length), types }],
);

/**
 * Whether the report of an entry point is current. Without --check the report is updated first.
 *
 * @param {{ name: string, types: string }} entryPoint
 */
function report({ name, types }) {
  /** @type {import('@microsoft/api-extractor').IConfigFile} */
  const configObject = {
    projectFolder: LIBRARY,
    mainEntryPointFilePath: `${LIBRARY}/${types}`,
    compiler: { tsconfigFilePath: `${LIBRARY}/tsconfig.lib.json` },
    apiReport: {
      enabled: true,
      reportFileName: `${name}.api.md`,
      reportFolder: `${LIBRARY}/etc/`,
      reportTempFolder: `${LIBRARY}/dist/etc/`,
      // Types that are not exported but named by those that are, such as the groups of options.
      includeForgottenExports: true,
    },
    newlineKind: 'lf',
    docModel: { enabled: false },
    dtsRollup: { enabled: false },
    tsdocMetadata: { enabled: false },
    messages: {
      compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
      extractorMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
      tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
    },
  };
  const config = ExtractorConfig.prepare({
    configObject,
    configObjectFullPath: undefined,
    packageJsonFullPath: PACKAGE_JSON,
  });
  const { apiReportChanged, errorCount } = Extractor.invoke(config, {
    localBuild: !isCheck,
    messageCallback: (message) => {
      message.handled = message.logLevel !== ExtractorLogLevel.Error;
    },
  });
  if (errorCount > 0) process.exitCode = 1;
  return !apiReportChanged;
}

mkdirSync(`${LIBRARY}/etc`, { recursive: true });
const outdated = entryPoints.filter((entryPoint) => !report(entryPoint));
const files = outdated.map(({ name }) => `libs/webhooks/etc/${name}.api.md`).join(', ');
if (files !== '' && isCheck) {
  console.error(
    `The public API is not the one in ${files}. Run "npm run api", and commit the file if the change is meant.`,
  );
  process.exitCode = 1;
} else {
  console.log(files === '' ? 'The reports of the public API are current.' : `Written: ${files}`);
}
