//! Writes what a Worker says, a file for each language, and what else it has beside its Wasm: `texts NAME FOLDER`. On standard output what its module begins
//! with, to have them.

#[cfg(not(target_arch = "wasm32"))]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    use airlock::texts::{Language, Part};

    let mut arguments = std::env::args().skip(1);
    let (name, folder) = arguments.next().zip(arguments.next()).ok_or("texts NAME FOLDER")?;
    let part = Part::ALL.into_iter().find(|part| part.name == name).ok_or("no such Worker")?;
    for language in Language::ALL {
        let (code, file) = (language.code(), part.file(language));
        part.check(language, file.clone().into_bytes()).map_err(|fault| fault.to_string())?;
        std::fs::write(format!("{folder}/{code}.bin"), file)?;
        println!("import text_{code} from \"./{code}.bin\";");
    }
    let mut named = Language::ALL.map(Language::code).to_vec();
    if name == "admin" {
        std::fs::write(format!("{folder}/openapi.bin"), airlock::admin::OPENAPI)?;
        println!("import text_openapi from \"./openapi.bin\";");
        named.push("openapi");
    }
    let named: Vec<String> = named.into_iter().map(|name| format!("{name}: text_{name}")).collect();
    println!("globalThis.airlockTexts = {{ {} }};", named.join(", "));
    Ok(())
}

#[cfg(target_arch = "wasm32")]
fn main() {}
