/** Styles are fetched like modules, and are then in force. */
declare module "*.css";
