// The camera: its frames painted small, one after the other, as fast as it goes; and a photo taken from it.

import type { Client } from "../engine/client";
import type { Request } from "../engine/studio";
import { draw, element, say } from "./elements";

const MEASURED = 10; // frames over which the rate is averaged

export class Camera {
  private stream: MediaStream | null = null;
  private readonly video = element<HTMLVideoElement>("video");

  constructor(private readonly client: Client, private readonly request: () => Request) {}

  get on(): boolean {
    return this.stream !== null;
  }

  async start(): Promise<void> {
    if (!navigator.mediaDevices) throw new Error("no camera can be used here: the page must come by https, or from this machine");
    this.stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } }).catch((error: Error) => {
      throw new Error(`no camera: ${error.message}`);
    });
    this.video.hidden = false;
    this.video.srcObject = this.stream;
    await this.video.play();
    void this.run();
  }

  stop(): void {
    this.stream?.getTracks().forEach((track) => track.stop());
    this.stream = null;
    this.video.hidden = true;
  }

  /** The frame that is seen now, as a file in its full size. */
  async snap(): Promise<File> {
    const { videoWidth, videoHeight } = this.video;
    const canvas = new OffscreenCanvas(videoWidth, videoHeight);
    canvas.getContext("2d")?.drawImage(this.video, 0, 0);
    const blob = await canvas.convertToBlob({ type: "image/jpeg", quality: 0.95 });
    return new File([blob], "camera.jpg", { type: blob.type });
  }

  private async run(): Promise<void> {
    const times: number[] = [];
    while (this.stream) {
      try {
        const painted = await this.client.call("frame", await createImageBitmap(this.video), this.request());
        if (!this.stream) return;
        draw("after", painted);
        if (!element("error").hidden) say("");
        times.push(performance.now());
        if (times.length > MEASURED) times.shift();
        const rate = (1000 * (times.length - 1)) / (times[times.length - 1] - times[0]);
        if (times.length === MEASURED) element("status").textContent = `Camera: ${rate.toFixed(1)} pictures a second`;
      } catch (error) {
        say((error as Error).message, true);
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
    }
  }
}
