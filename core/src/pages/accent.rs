//! The operator's colour: for buttons and links, readable on light and on dark whatever was chosen.

/// The least contrast of text with what is behind it (WCAG 2.2 §1.4.3).
const CONTRAST_MIN: f64 = 4.5;

/// What is behind links on the pages, light and dark, and the text on buttons in the dark: as in `style.css`.
const WHITE: Rgb = [0xff, 0xff, 0xff];
const DARK_CARD: Rgb = [0x1d, 0x20, 0x26];
const ON_DARK_ACCENT: Rgb = [0x10, 0x20, 0x3a];

type Rgb = [u8; 3];

/// A colour for both schemes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accent {
    light: Rgb,
    dark: Rgb,
}

impl Accent {
    /// Reads `#rrggbb`. For the dark scheme the colour is made lighter until it can be read there.
    ///
    /// # Errors
    /// What is wrong with it: its form, or that it cannot be read on white.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.is_ascii());
        let digits = digits.filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        let number = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()).ok_or("must be as #1f5fbf")?;
        let [_, light @ ..] = number.to_be_bytes();
        if contrast(light, WHITE) < CONTRAST_MIN {
            return Err("is too light to be read on white: their contrast must be 4.5 at least");
        }
        let readable = |colour: &Rgb| {
            contrast(*colour, DARK_CARD) >= CONTRAST_MIN && contrast(*colour, ON_DARK_ACCENT) >= CONTRAST_MIN
        };
        let dark = (0..=20).map(|step| lighter(light, step)).find(readable).unwrap_or(WHITE);
        Ok(Self { light, dark })
    }

    /// What to add to the style sheet.
    pub fn css(&self) -> String {
        let [light, dark] = [self.light, self.dark].map(hex);
        format!(
            ":root{{--accent:{light};--focus:{light}}}\
             @media(prefers-color-scheme:dark){{:root{{--accent:{dark};--focus:{dark}}}}}"
        )
    }

    /// Its digits, which tell this style sheet from that of another colour.
    pub fn name(&self) -> String {
        hex(self.light).trim_start_matches('#').to_owned()
    }
}

fn hex([r, g, b]: Rgb) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// So many twentieths of the way to white.
fn lighter(colour: Rgb, twentieths: u16) -> Rgb {
    colour.map(|channel| {
        let mixed = u16::from(channel) + (255 - u16::from(channel)) * twentieths / 20;
        u8::try_from(mixed).unwrap_or(u8::MAX)
    })
}

/// The contrast ratio of two colours, from 1 to 21 (WCAG 2.2, "contrast ratio").
fn contrast(one: Rgb, other: Rgb) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// Relative luminance, from 0 to 1 (WCAG 2.2, "relative luminance").
fn luminance(colour: Rgb) -> f64 {
    let [r, g, b] = colour.map(|channel| {
        let channel = f64::from(channel) / 255.0;
        if channel <= 0.04045 { channel / 12.92 } else { to_the_2_4((channel + 0.055) / 1.055) }
    });
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

/// A number from 0.1 to 1 to the power of 2.4, by its fifth root (Newton's method) and without the tables of `powf`.
fn to_the_2_4(x: f64) -> f64 {
    let root = (0..10).fold(1.0, |root: f64, _| root - (root - x / root.powi(4)) / 5.0);
    (x * root).powi(2)
}

#[cfg(test)]
#[expect(clippy::panic, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn contrast_is_as_the_standard_has_it() {
        for channel in 11..=255 {
            let x = (f64::from(channel) / 255.0 + 0.055) / 1.055;
            assert!((to_the_2_4(x) - x.powf(2.4)).abs() < 1e-15, "{channel}");
        }
        assert!((contrast(WHITE, [0, 0, 0]) - 21.0).abs() < 0.001);
        assert!((contrast(WHITE, [0x76, 0x76, 0x76]) - 4.54).abs() < 0.01);
    }

    #[test]
    fn any_colour_that_is_taken_can_be_read_in_both_schemes() {
        for text in ["#1f5fbf", "#000000", "#b3261e", "#0a7d33", "#7b1fa2", "#767676"] {
            let Accent { light, dark } = Accent::parse(text).unwrap_or_else(|e| panic!("{text} {e}"));
            assert!(contrast(light, WHITE) >= CONTRAST_MIN);
            assert!(contrast(dark, DARK_CARD) >= CONTRAST_MIN && contrast(dark, ON_DARK_ACCENT) >= CONTRAST_MIN);
        }
        for bad in ["", "red", "#fff", "#1f5fbg", "1f5fbf", "#ffee00", "#+f5fbf", "#1f5fbf;}", "#éééé"] {
            assert!(Accent::parse(bad).is_err(), "{bad}");
        }
    }
}
