/** Makes a JPEG of each picture it is sent, away from the thread that draws. */

const QUALITY = 0.85;

const canvas = new OffscreenCanvas(1, 1);
const context = canvas.getContext("2d", { alpha: false })!;

self.onmessage = async (event: MessageEvent<ImageBitmap>) => {
  const picture = event.data;
  if (canvas.width !== picture.width || canvas.height !== picture.height) {
    canvas.width = picture.width;
    canvas.height = picture.height;
  }
  context.drawImage(picture, 0, 0);
  picture.close();
  const jpeg = await (await canvas.convertToBlob({ type: "image/jpeg", quality: QUALITY })).arrayBuffer();
  self.postMessage(jpeg, { transfer: [jpeg] });
};
