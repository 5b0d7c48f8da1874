// One check of the AI SDK with one provider: node check.mjs PROVIDER CHECK
import assert from "node:assert/strict";
import { createAnthropic } from "@ai-sdk/anthropic";
import { createGoogleGenerativeAI } from "@ai-sdk/google";
import { createOpenAI } from "@ai-sdk/openai";
import { APICallError, Output, generateText, stepCountIs, streamText, tool } from "ai";
import { z } from "zod";

const url = process.env.SIMULATOR;
const [provider, check] = process.argv.slice(2);
const openai = createOpenAI({ apiKey: "test", baseURL: `${url}/v1` });
const model = {
  "openai-chat": () => openai.chat("gpt-4.1"),
  "openai-responses": () => openai.responses("gpt-6.1-terra"),
  anthropic: () => createAnthropic({ apiKey: "test", baseURL: `${url}/v1` })("claude-sonnet-5-5"),
  google: () => createGoogleGenerativeAI({ apiKey: "test", baseURL: `${url}/v1beta` })("gemini-3.8-flash"),
}[provider]();

const weather = tool({
  description: "Look up the weather.",
  inputSchema: z.object({ city: z.string() }),
  execute: async ({ city }) => `7 degrees in ${city}`,
});
const call = { model, prompt: "Hello", maxRetries: 0 };
const looped = { ...call, tools: { weather }, stopWhen: stepCountIs(3) };
const city = z.object({ name: z.string(), people: z.number().int() });

const checks = {
  async text() {
    const result = await generateText(call);
    assert.equal(result.text, "You said: Hello");
    assert.equal(result.usage.outputTokens, 3);
    return result;
  },
  async stream() {
    const result = streamText({ ...call, onError: ({ error }) => { throw error; } });
    let text = "";
    for await (const part of result.fullStream) {
      assert.notEqual(part.type, "error");
      if (part.type === "text-delta") text += part.text;
    }
    assert.equal(text, "You said: Hello");
    return { warnings: await result.warnings };
  },
  async tools() {
    const result = await generateText(looped);
    assert.match(result.text, /7 degrees in city/);
    return result;
  },
  async "stream-tools"() {
    const result = streamText(looped);
    const kinds = new Set();
    for await (const part of result.fullStream) {
      assert.notEqual(part.type, "error");
      kinds.add(part.type);
    }
    assert(kinds.has("tool-result"));
    assert.match(await result.text, /7 degrees in city/);
    return { warnings: await result.warnings };
  },
  async object() {
    const result = await generateText({ ...call, output: Output.object({ schema: city }) });
    assert.deepEqual(result.output, { name: "name", people: 1 });
    return result;
  },
  async error() {
    const key = { ...call, headers: { authorization: "Bearer bad", "x-api-key": "bad", "x-goog-api-key": "bad" } };
    await assert.rejects(generateText(key), (error) => {
      assert(APICallError.isInstance(error));
      assert([400, 401].includes(error.statusCode));
      assert(error.data?.error?.message, "the error matches the schema of the provider");
      return true;
    });
    return {};
  },
};

const { warnings } = await checks[check]();
console.log(JSON.stringify({ warnings: warnings ?? [] }));
