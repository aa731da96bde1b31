/** Two of the palettes that people have: the sixteen colours, and those of text that has none. */
export const PALETTES = {
  light: {
    background: "#ffffff",
    foreground: "#333333",
    frame: "#d0d0d0",
    colours: [
      ...["#000000", "#cd3131", "#107c10", "#949800", "#0451a5", "#bc05bc", "#0598bc", "#555555"],
      ...["#666666", "#cd3131", "#14ce14", "#b5ba00", "#0451a5", "#bc05bc", "#0598bc", "#a5a5a5"],
    ],
  },
  dark: {
    background: "#1e1e1e",
    foreground: "#d4d4d4",
    frame: "#404040",
    colours: [
      ...["#000000", "#f14c4c", "#23d18b", "#e5e510", "#3b8eea", "#d670d6", "#29b8db", "#e5e5e5"],
      ...["#666666", "#f14c4c", "#23d18b", "#f5f543", "#3b8eea", "#d670d6", "#29b8db", "#ffffff"],
    ],
  },
};
