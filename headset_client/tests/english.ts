/** The tests read the console in English, with the words of every page. */

import { EN } from "../src/console/messages/en.ts";
import { speak } from "../src/console/messages/messages.ts";

speak("en", EN);
