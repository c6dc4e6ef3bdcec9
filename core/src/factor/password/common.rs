//! Which passwords are common: those put together from common parts.
//!
//! A list of the most common passwords is of little use here, since nearly all its entries are too short anyway. The
//! long ones are built in the same few ways, so it is the way of building that is looked for.

use std::iter;

/// The highest price of a common password: that of four common words, or of one and six other characters. One unit is
/// four to five bits, so all these passwords together are in the order of 2⁴⁰ guesses at most.
const COMMON_MAX: u32 = 8;

/// Whether the password can be put together for [`COMMON_MAX`] or less, at these prices:
///
/// | part | price |
/// |---|---|
/// | a common word or one of `names`; a sequence; one ASCII character repeated; a year from 1900 to 2099 | 2 |
/// | three or more ASCII characters that came before in the same order | 1 |
/// | any other ASCII character | 1 |
/// | any other character | 3 |
///
/// The lowest price is found by dynamic programming. `typed` is in lower case.
pub(super) fn is_common(typed: &[char], names: &[String]) -> bool {
    let words = WORDS.iter().flat_map(|group| group.split(' ')).chain(names.iter().map(String::as_str));
    let words: Vec<&str> = words.collect();
    // At each index, the lowest price of that many characters from the beginning.
    let mut prices: Vec<u32> = iter::once(0).chain(iter::repeat_n(u32::MAX, typed.len())).collect();
    for start in 0..typed.len() {
        let (Some(&before), Some(rest @ [first, ..])) = (prices.get(start), typed.get(start..)) else { continue };
        // What costs too much already leads nowhere; for most passwords this is so after a few characters.
        if before > COMMON_MAX {
            continue;
        }
        let mut reach = |length: usize, price: u32| {
            if let Some(end) = prices.get_mut(start + length) {
                *end = (*end).min(before + price);
            }
        };
        reach(1, if first.is_ascii() { 1 } else { 3 });
        words.iter().filter_map(|word| spelt(rest, word)).for_each(|length| reach(length, 2));
        if is_year(rest) {
            reach(4, 2);
        }
        let run = alike(iter::repeat(*first), rest).max(longest_sequence(rest));
        (3..=run).for_each(|length| reach(length, 2));
        let again = (0..start).map(|earlier| alike(typed.iter().copied().skip(earlier), rest)).max().unwrap_or(0);
        (3..=again).for_each(|length| reach(length, 1));
    }
    prices.last().is_some_and(|whole| *whole <= COMMON_MAX)
}

/// The length of `word` if `text` begins with it, perhaps with digits and signs that look like its letters.
pub(super) fn spelt(text: &[char], word: &str) -> Option<usize> {
    let mut text = text.iter();
    let mut length = 0;
    for meant in word.chars() {
        let typed = text.next()?;
        let looks_like = matches!(
            (typed, meant),
            ('0', 'o') | ('1' | '!', 'i') | ('1', 'l') | ('3', 'e') | ('4' | '@', 'a') | ('5' | '$', 's') | ('7', 't')
        );
        if *typed != meant && !looks_like {
            return None;
        }
        length += 1;
    }
    Some(length)
}

fn is_year(text: &[char]) -> bool {
    matches!(text, ['1', '9', a, b, ..] | ['2', '0', a, b, ..] if a.is_ascii_digit() && b.is_ascii_digit())
}

/// The length of the longest stretch of a sequence, in either direction, that `text` begins with.
fn longest_sequence(text: &[char]) -> usize {
    let [first, rest @ ..] = text else { return 0 };
    let places =
        SEQUENCES.iter().flat_map(|sequence| sequence.match_indices(*first).map(move |(at, _)| (sequence, at)));
    let lengths = places.filter_map(|(sequence, at)| {
        let (before, after) = (sequence.get(..at)?, sequence.get(at + 1..)?);
        Some(1 + alike(after.chars(), rest).max(alike(before.chars().rev(), rest)))
    });
    lengths.max().unwrap_or(0)
}

/// How many characters two texts have in common from their beginnings, up to the first that is not ASCII.
fn alike(one: impl Iterator<Item = char>, other: &[char]) -> usize {
    one.zip(other).take_while(|(a, b)| a == *b && a.is_ascii()).count()
}

/// Runs of letters, digits and neighbouring keys, read forwards or backwards, from anywhere to anywhere.
const SEQUENCES: [&str; 33] = [
    "abcdefghijklmnopqrstuvwxyz",
    "aabbccddeeffgghhiijjkk",
    "01234567890",
    "1234567891011121314151617181920",
    "11223344556677889900",
    "111222333444555666777888999000",
    "122333444455555666666",
    "102030405060708090100",
    "13579",
    "24680",
    // Digits as they lie on a numeric keypad.
    "147258369",
    "741852963",
    "789456123",
    "159357",
    // Rows of keyboards.
    "`1234567890-=",
    "!@#$%^&*()_+",
    "qwertyuiop[]\\",
    "qwertyuiopasdfghjklzxcvbnm,./",
    "asdfghjkl;'",
    "qwertzuiopasdfghjklyxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn",
    "qwertasdfgzxcvb",
    "1234qwerasdfzxcv",
    "123qweasdzxc",
    // Columns, and rows read in turns.
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/",
    "!qaz@wsx#edc$rfv%tgb^yhn&ujm*ik<",
    "zaq1xsw2cde3vfr4bgt5nhy6mju7",
    "zaq12wsxcde34rfvbgt56yhn",
    "qazwsxedcrfvtgbyhnujmikolp",
    "1qa2ws3ed4rf5tg6yh7uj8ik9ol0p",
    "1q2w3e4r5t6y7u8i9o0p",
    "q1w2e3r4t5y6u7i8o9p0",
    "qawsedrftgyhujikolp",
];

/// Words, names and sayings that people most often make passwords of, in lower case.
const WORDS: [&str; 8] = [
    // About passwords, and what people write to them.
    "password passwort senha contrasena motdepasse secret secure security private login logon admin administrator \
     root user guest mynameis access account system server default change changeme letmein qwerty azerty enter open \
     welcome hello hola bonjour hallo test testing tester example master please trustno1 whatever nothing something \
     this that is my mine your the and for with not you love lover lovely loveme ilove iloveyou iloveu iloveme \
     somuch teamo forever always babygirl never together everybody everything remember forget hate kiss baby honey \
     sweet sweetheart sweetie darling angel princess prince queen king lady girl boy man woman mother father mommy \
     mummy daddy mom dad sister brother family boyfriend girlfriend friend people little big bad good best great \
     super cool hot happy lucky funny crazy stupid beautiful pretty perfect awesome amazing sexy pussy bitch fuck \
     shit asshole",
    // Animals, nature, colours, belief.
    "dragon monkey tiger lion eagle falcon phoenix panther wolf bear horse puppy kitty kitten cat dog doggy bunny \
     rabbit turtle dolphin butterfly elephant chicken penguin spider snake shark unicorn bulldog sunshine sunflower \
     flower summer winter spring autumn rainbow moon moonlight sun star night midnight twilight shadow dark light \
     thunder lightning fire ice snow snowball storm ocean water river mountain forest beach island red blue green \
     black white pink purple orange yellow silver gold golden diamond crystal platinum paradise heaven hell devil \
     demon ghost spirit lucifer jesus christ lord god godisgood blessed faith hope grace peace trinity freedom \
     liberty justice victory destiny",
    // Sports, stories, games, music.
    "football soccer baseball basketball softball volleyball hockey tennis golf cricket liverpool arsenal chelsea \
     manchester united madrid barcelona juventus milan yankees lakers cowboys steelers rangers raiders batman \
     superman spiderman ironman starwars startrek skywalker pokemon pikachu naruto matrix gandalf merlin \
     harrypotter transformers simpsons mickey mouse disney tinkerbell snoopy garfield scooby spongebob winnie \
     poohbear dexter avatar zelda mario sonic minecraft warcraft halo playstation nintendo xbox gamer player game \
     hunter killer ninja pirate soldier warrior sniper ranger wizard knight samurai assassin metallica slipknot \
     nirvana linkinpark greenday blink182 eminem tupac beatles guitar music rockstar dance dancer",
    // Things.
    "mustang ferrari porsche mercedes camaro toyota honda yamaha suzuki kawasaki nissan harley davidson computer \
     internet explorer windows microsoft google facebook samsung android iphone apple linux ubuntu hacker software \
     engineer manager cookie chocolate cheese banana strawberry cherry lemon coffee pumpkin peanut butter candy \
     sugar pizza icecream cocacola pepsi money dollar business company office work rocket",
    // Names and places.
    "michael michelle jennifer jessica jessie daniel danielle thomas charlie charles andrew andrea anthony matthew \
     robert richard william david james john johnny joseph joshua justin jordan martin nicole nicholas amanda \
     ashley alexander alexandra alexis alex samantha stephanie elizabeth victoria veronica vanessa natalie natasha \
     patricia patrick christian christina christine christopher chris caroline carolina catherine katherine \
     charlotte olivia sophie hannah sarah rachel rebecca melissa laura maria monica sandra barbara benjamin brandon \
     jonathan tyler austin jackson johnson smith williams anderson carlos antonio fernando francisco alejandro \
     roberto gabriel george oliver peter simon steven stephen kevin brian jason eric mark maggie buster ginger \
     pepper bailey america american canada england london paris france germany berlin italy spain brazil brasil \
     mexico india pakistan australia russia china japan texas florida california newyork chicago boston dallas city \
     street school college university student teacher doctor",
    // Times and numbers, dreams and power.
    "time today tomorrow day monday friday saturday sunday january february march april june july august september \
     october november december birthday christmas holiday life live dream dreamer fantasy magic mystery monster \
     power energy legend hero genius champion winner success world galaxy universe earth space number one two three \
     four five six seven eight nine ten",
    // Sayings and titles.
    "abracadabra opensesame thequickbrownfox jumpsoverthelazydog tobeornottobe maytheforcebewithyou hakunamatata \
     loremipsum carpediem supercalifragilistic expialidocious antidisestablishmentarianism rumpelstiltskin \
     flibbertigibbet whatchamacallit worldofwarcraft callofduty lordoftherings gameofthrones piratesofthecaribbean \
     gonewiththewind ghostintheshell masterofpuppets stairwaytoheaven welcometothejungle bohemianrhapsody \
     californication avengedsevenfold systemofadown yellowsubmarine redhotchilipeppers leonardodavinci \
     cristianoronaldo championsleague goldenretriever computerscience customerservice bismillah assalamualaikum \
     insyaallah",
    // Long words of the dictionary that come to mind first.
    "accomplishments acknowledgement administration characteristics circumnavigation communication confidentiality \
     congratulations constantinople counterclockwise discombobulated disillusionment dissatisfaction \
     electromagnetic enlightenment entrepreneurship environmental extracurricular extraterrestrial identification \
     implementation incomprehensible inconsequential independence individualistic infrastructure instantaneously \
     instrumentation interchangeable intercontinental interdependence international kindergarten misunderstanding \
     multimillionaire notwithstanding personification photosynthesis physiotherapist procrastination professional \
     psychologically recommendations rehabilitation responsibility revolutionary sophisticated standardization \
     straightforward synchronization telecommunication transcontinental transfiguration transformation \
     transportation troubleshooting trustworthiness unconditional unconstitutional understanding",
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn common(password: &str) -> bool {
        is_common(&password.to_lowercase().chars().collect::<Vec<_>>(), &["airlock".to_owned()])
    }

    fn capital(word: &str) -> String {
        let mut chars = word.chars();
        chars.next().into_iter().flat_map(char::to_uppercase).chain(chars).collect()
    }

    fn leet(word: &str) -> String {
        word.chars()
            .map(|c| match c {
                'a' => '@',
                'e' => '3',
                'i' | 'l' => '1',
                'o' => '0',
                's' => '$',
                't' => '7',
                other => other,
            })
            .collect()
    }

    /// In the forms that fill the lists of leaked passwords.
    #[test]
    fn long_common_passwords_are_refused() {
        let words = "password qwerty iloveyou letmein welcome dragon monkey football princess sunshine superman master \
                     shadow michael jennifer jessica charlie ashley liverpool chelsea pokemon starwars naruto computer \
                     samsung chocolate babygirl angel summer forever hello admin trustno1 america ferrari diamond";
        let words: Vec<&str> = words.split_whitespace().collect();
        let tails = "1 12 123 1234 12345 123456 12345678 123456789 1234567890 123123 123321 111111 0000 007 1! 123! \
                     2024 2025! 19871987 qwerty asdf abc123 qwe123 1q2w3e4r 1qaz2wsx !@#$ ... @2023";
        let mut made = BTreeSet::new();
        for word in &words {
            for tail in tails.split_whitespace() {
                let capital = capital(word);
                made.extend([
                    format!("{word}{tail}"),
                    format!("{tail}{capital}"),
                    format!("{capital}{tail}{capital}{tail}"),
                    format!("{word}{word}{tail}"),
                    format!("{}{tail}", leet(&word.repeat(2))),
                    format!("my{word}{tail}"),
                    format!("ilove{word}{tail}"),
                ]);
            }
            made.insert(format!("{word}24121987"));
            made.extend(words.iter().map(|other| format!("{word}_{other}1")));
        }
        for c in ('a'..='z').chain('0'..='9').chain("!*.-_ ".chars()) {
            made.extend((15..=24).map(|length| c.to_string().repeat(length)));
        }
        for walk in [
            "abcdefghijklmnopqrstuvwxyz",
            "zyxwvutsrqponmlkjihgfedcba",
            "1234567890qwertyuiop",
            "qwertyuiopasdfghjklzxcvbnm",
            "mnbvcxzlkjhgfdsapoiuytrewq",
            "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
            "1q2w3e4r5t6y7u8i9o0p",
            "azertyuiopqsdfghjklm",
            "qwertzuiopasdfghjkl",
            "!QAZ@WSX#EDC$RFV1qaz2wsx",
            "zaq1xsw2cde3vfr4",
            "zaq12wsxcde34rfv",
            "12345678910111213141516",
            "123456789987654321",
            "11223344556677889900",
            "147258369147258369",
            "987654321987654321",
            "123qweasdzxc123qweasdzxc",
        ] {
            let walk: Vec<char> = walk.chars().collect();
            made.extend((15..=walk.len()).flat_map(|length| walk.windows(length).map(|part| part.iter().collect())));
        }
        for year in 1950..=2030 {
            made.extend([
                format!("{year}{year}{year}{year}"),
                format!("password{year}{year}"),
                format!("{year}Summer{year}!"),
            ]);
        }
        made.extend(
            "manchesterunited1 thisismypassword welcometothejungle changemeplease1! P@ssw0rd123456789 \
             abcabcabcabcabcabc a1b2c3a1b2c3a1b2c3 qwertyqwertyqwerty 1111111111222222 000000000000001 \
             121212121212121212 airlockpassword1 rumpelstiltskin congratulations AdminAdminAdmin1 \
             iloveyouforever1 mynameismichael iloveyousomuch!"
                .split_whitespace()
                .map(str::to_owned),
        );
        made.retain(|password| password.chars().count() >= 15);
        assert!(made.len() >= 3000, "only {}", made.len());
        let missed: Vec<_> = made.iter().filter(|password| !common(password)).collect();
        assert!(missed.is_empty(), "{} of {}: {missed:?}", missed.len(), made.len());
    }

    #[test]
    fn pass_phrases_and_random_passwords_are_accepted() {
        let accepted = [
            "correct horse battery staple",
            "CorrectHorseBatteryStaple",
            "my cat eats blue soap",
            "purple monkey dishwasher",
            "the rain stopped at noon",
            "seven crows over the barn",
            "love is a leaky umbrella",
            "my dog sleeps under the piano",
            "sunshine on a frozen lake",
            "dragon eats toast on sunday",
            "password for the garden shed",
            "football boots hang in the hall",
            "we met in Paris when it rained",
            "grandma baked eleven pies",
            "coffee first, then the emails",
            "two spoons, one yoghurt",
            "a green bicycle without bell",
            "velvet-anchor-sixty-lantern",
            "Tractor.Pillow.Window.Fig",
            "gravel_mango_trumpet_ink",
            "walnut harbour quilt",
            "oxide plumbing ferret",
            "stapled99walrusmittens",
            "lamp river cousin triangle",
            "old trains never hurry home",
            "please water the ferns today",
            "blue whale in a bathtub",
            "Sandra borrowed my ladder",
            "michael owes me nine euros",
            "charlie and the rusty gate",
            "summer in the attic is hot",
            "my password lives in a drawer",
            "monkeys rarely file taxes",
            "hello from the seventh floor",
            "no more pizza after midnight",
            "three angry badgers at dawn",
            "this is not the usual phrase",
            "i keep bees behind the shop",
            "der hund schläft im garten",
            "ein Apfel fiel vom Balkon",
            "sieben blaue Regenschirme",
            "le chat dort sur le clavier",
            "mi abuela cocina lentejas",
            "gatti neri sul tetto rosso",
            "мой кот любит сметану",
            "猫は窓の外を静かに見ていて眠い",
            "η γάτα κοιμάται εδώ",
            "unbreakableteacupfactory",
            "zebra crossing at 5 o'clock",
            "qwmznxbvtrpeyuskdlfa",
            "xkqjzvwmbtnprhydgfcl",
            "kjvbnwqpxmzaytr",
            "839201746582913",
            "40718296351749028365",
            "Tr0ub4dor&3xkcd936",
            "x7#Kp2!vQm9$Lw4z",
            "9fB2-kL7q-Zt4x-W1mc",
            "d41d8cd98f00b204e980",
            "f47ac10b-58cc-4372-a567-0e02b2c3d479",
            "gH7kQ2mX9pL4vT6w",
            "JBSWY3DPEHPK3PXPGEZD",
            "~[}>:{?|\"',<;^`",
            "vexolubirantapogi",
            "bafkrei-tumolo-sipage",
            "passwordqzkfwmxbtj",
            "dragon8vK2xQ7pLm",
            "sunshinevwqkzyhxgn",
            "Welcome-kz93hvq1xw",
        ];
        assert!(accepted.len() >= 60);
        let refused: Vec<_> = accepted.iter().filter(|password| common(password)).collect();
        assert!(refused.is_empty(), "{refused:?}");
        assert!(accepted.iter().all(|password| password.chars().count() >= 15));
    }
}
