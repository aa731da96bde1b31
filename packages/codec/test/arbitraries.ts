// @boundaries-ignore what @petrel/testing publishes is what these tests use; as a dependency it would be a circle
export * from "../../testing/src/arbitraries.ts";
