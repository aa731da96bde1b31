// Makes the API reference from the docstrings. Fails for links that lead nowhere, for types that are used and not
// exported, and for what the client exports without a docstring.
//
//   node tooling/reference/src/reference.mjs [FOLDER]     without a folder it is checked, and not written

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Application, LogLevel } from "typedoc";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const PACKAGES = ["client", "codec", "session", "testing", "transport"];

/** The sources of everything that a package exports. */
function entryPoints(name) {
  const { exports } = JSON.parse(readFileSync(`${root}packages/${name}/package.json`, "utf8"));
  const sources = Object.values(exports).flatMap((entry) => [entry["petrel-source"], entry.browser?.["petrel-source"]]);
  return sources.filter((source) => source !== undefined).map((source) => `${root}packages/${name}/${source.slice(2)}`);
}

/** In other packages, fields that are the specification's speak for themselves; and so do the reason codes. */
function mayGoWithout(warning) {
  return (
    warning.includes("does not have any documentation") &&
    (!warning.startsWith("packages/client/") || warning.includes("ReasonCode."))
  );
}

const [folder] = process.argv.slice(2);

const application = await Application.bootstrap({
  name: "Petrel",
  entryPoints: PACKAGES.flatMap(entryPoints),
  basePath: root,
  tsconfig: fileURLToPath(new URL("../tsconfig.json", import.meta.url)),
  readme: "none",
  excludeInternal: true,
  excludePrivate: true,
  disableSources: true,
  sort: ["source-order"],
  packagesRequiringDocumentation: PACKAGES.map((name) => `@petrel/${name}`),
  validation: { invalidLink: true, notDocumented: true, notExported: true },
  logLevel: LogLevel.Warn,
});
const { logger } = application;
const warn = logger.validationWarning.bind(logger);
logger.validationWarning = (warning, ...where) => {
  if (!mayGoWithout(warning)) warn(warning, ...where);
};

const project = await application.convert();
if (project !== undefined) {
  application.validate(project);
  if (folder !== undefined) await application.generateDocs(project, folder);
}
if (project === undefined || logger.hasErrors() || logger.hasWarnings()) process.exitCode = 1;
