import { html, render } from "lit-html";

render(html`<h1>orview console</h1>`, document.querySelector<HTMLElement>("#page")!);
