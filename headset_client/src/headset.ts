import { Scene } from "three";

document.querySelector("#page")!.textContent = `orview headset ${new Scene().type}`;
