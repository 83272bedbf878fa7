/** A style sheet as text, which the bundler of the page makes of it. */
declare module '*.css?inline' {
  const text: string;
  export default text;
}
