const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];

/** One conversion of C's strftime, local time, in the "C" locale; undefined for a letter that has none. */
export function strftime(letter: string, time: Date): string | undefined {
  const join = (format: string): string => format.replaceAll(/[a-zA-Z]/g, (each) => strftime(each, time)!);
  const hours = time.getHours();
  const year = time.getFullYear();
  switch (letter) {
    case "a":
      return DAYS[time.getDay()]!.slice(0, 3);
    case "A":
      return DAYS[time.getDay()]!;
    case "b":
    case "h":
      return MONTHS[time.getMonth()]!.slice(0, 3);
    case "B":
      return MONTHS[time.getMonth()]!;
    case "c":
      return join("a b e T Y");
    case "C":
      return two(Math.floor(year / 100));
    case "d":
      return two(time.getDate());
    case "D":
    case "x":
      return join("m/d/y");
    case "e":
      return String(time.getDate()).padStart(2);
    case "F":
      return join("Y-m-d");
    case "g":
      return two(isoWeek(time).year % 100);
    case "G":
      return String(isoWeek(time).year);
    case "H":
      return two(hours);
    case "I":
      return two(hours % 12 || 12);
    case "j":
      return String(dayOfYear(time) + 1).padStart(3, "0");
    case "k":
      return String(hours).padStart(2);
    case "l":
      return String(hours % 12 || 12).padStart(2);
    case "m":
      return two(time.getMonth() + 1);
    case "M":
      return two(time.getMinutes());
    case "n":
      return "\n";
    case "p":
      return hours < 12 ? "AM" : "PM";
    case "P":
      return hours < 12 ? "am" : "pm";
    case "r":
      return join("I:M:S p");
    case "R":
      return join("H:M");
    case "s":
      return String(Math.floor(time.getTime() / 1_000));
    case "S":
      return two(time.getSeconds());
    case "t":
      return "\t";
    case "T":
    case "X":
      return join("H:M:S");
    case "u":
      return String(time.getDay() || 7);
    case "U":
      return two(Math.floor((dayOfYear(time) + 7 - time.getDay()) / 7));
    case "V":
      return two(isoWeek(time).week);
    case "w":
      return String(time.getDay());
    case "W":
      return two(Math.floor((dayOfYear(time) + 7 - ((time.getDay() + 6) % 7)) / 7));
    case "y":
      return two(year % 100);
    case "Y":
      return String(year);
    case "z":
      return zone(time);
    case "Z":
      return /\(?([A-Z]{1,5})\)?$/.exec(time.toLocaleTimeString("en-US", { timeZoneName: "short" }))?.[1] ?? zone(time);
    default:
      return undefined;
  }
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

function zone(time: Date): string {
  const east = -time.getTimezoneOffset();
  const minutes = Math.abs(east);
  return `${east < 0 ? "-" : "+"}${two(Math.floor(minutes / 60))}${two(minutes % 60)}`;
}

/** From 0. */
function dayOfYear(time: Date): number {
  const day = Date.UTC(time.getFullYear(), time.getMonth(), time.getDate());
  return (day - Date.UTC(time.getFullYear(), 0, 1)) / 86_400_000;
}

/** ISO 8601: a week belongs to the year that has its Thursday. */
function isoWeek(time: Date): { readonly year: number; readonly week: number } {
  const thursday = new Date(time.getFullYear(), time.getMonth(), time.getDate() + 4 - (time.getDay() || 7));
  return { year: thursday.getFullYear(), week: Math.floor(dayOfYear(thursday) / 7) + 1 };
}
