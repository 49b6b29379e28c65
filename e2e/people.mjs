// Signing in to an invented registry, as its demo accounts do.

import { execFileSync } from "node:child_process";
import { expect, listen } from "./browser.mjs";

/// The code that each account used last: a code counts once.
const used = new Map();

/// The present code of an account of the demo that has not been used yet; a new one comes every half minute.
export async function code({ program, data }, email) {
  for (;;) {
    const said = execFileSync(program, ["user", "code", "--demo", email, "--data", data], { encoding: "utf8" });
    const found = /\b\d{6}\b/.exec(said)[0];
    if (found !== used.get(email)) {
      used.set(email, found);
      return found;
    }
    await new Promise((wait) => setTimeout(wait, 1000));
  }
}

/// Signs in with the keyboard alone, as a reader does who has opened the desk.
export async function signIn(context, desk, role, wantedStatus = 200) {
  const email = `${role}@demo.example`;
  const page = await context.newPage();
  listen(page, desk.base, `sign-in as ${role}`, wantedStatus);
  await page.goto(`${desk.base}/desk`);
  expect(new URL(page.url()).pathname === "/sign-in", `sign-in: the desk leads to ${page.url()}`);
  await page.locator("input[name=email]").focus();
  await page.keyboard.type(email);
  await page.keyboard.press("Tab");
  await page.keyboard.type(desk.accounts.get(email));
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/sign-in\/code/);
  await page.locator("input[name=code]").focus();
  await page.keyboard.type(await code(desk, email));
  await page.keyboard.press("Enter");
  await page.waitForURL((url) => !url.pathname.startsWith("/sign-in"));
  // whoever owes a report is asked for it first; one click passes it by
  const pass = page.locator("a[data-pass]");
  if (await pass.count()) {
    await pass.focus();
    await page.keyboard.press("Enter");
    await page.waitForURL((url) => url.pathname.startsWith("/desk"));
  }
  return page;
}
