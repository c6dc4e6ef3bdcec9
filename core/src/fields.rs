//! Named values on their way into a struct: of a form, a query, a JSON object, a row. All of them take the one way that is
//! here, so what a struct is read by is in the Worker once, however it came.

use std::{fmt, str::FromStr};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error as _, IntoDeserializer, MapAccess, Visitor, value::MapDeserializer},
    forward_to_deserialize_any,
};
use serde_json::{Error, Value};

/// Named values, in the order they came in. A name may stand more than once, which [`Fields::parse`] refuses.
pub struct Fields(Vec<(String, Field)>);

/// A value.
enum Field {
    /// With a type.
    Typed(Value),
    /// As text, whatever is meant by it.
    Text(String),
}

impl Fields {
    /// Of a form or a query (`application/x-www-form-urlencoded`).
    pub fn of_form(form: &[u8]) -> Self {
        let pairs = form_urlencoded::parse(form).into_owned();
        Self(pairs.map(|(name, value)| (name, Field::Text(value))).collect())
    }

    /// Of an object in JSON.
    ///
    /// # Errors
    /// It is not one.
    pub fn of_json(json: &[u8]) -> Result<Self, Error> {
        // As text: so rows come too, and one reader does for both.
        serde_json::from_str(str::from_utf8(json).map_err(Error::custom)?)
    }

    /// The first text of this name.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).and_then(|(_, field)| match field {
            Field::Text(text) | Field::Typed(Value::String(text)) => Some(text.as_str()),
            Field::Typed(_) => None,
        })
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The fields as `T`, which says whether it takes unknown ones.
    ///
    /// # Errors
    /// One is missing, unknown, repeated or not of the right type.
    pub fn parse<T: DeserializeOwned>(self) -> Result<T, Error> {
        T::deserialize(MapDeserializer::new(self.0.into_iter()))
    }
}

impl FromIterator<(String, Value)> for Fields {
    fn from_iter<I: IntoIterator<Item = (String, Value)>>(values: I) -> Self {
        Self(values.into_iter().map(|(name, value)| (name, Field::Typed(value))).collect())
    }
}

/// Every field, also where a name comes again.
impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Fields;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = Vec::new();
                while let Some((name, value)) = map.next_entry()? {
                    fields.push((name, Field::Typed(value)));
                }
                Ok(Fields(fields))
            }
        }

        deserializer.deserialize_map(Object)
    }
}

impl IntoDeserializer<'_, Error> for Field {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl Field {
    /// A text as what is asked for.
    fn typed<T: FromStr + Into<Value>>(self) -> Result<Value, Error> {
        match self {
            Self::Typed(value) => Ok(value),
            Self::Text(text) => text.parse::<T>().map(Into::into).map_err(|_| Error::custom("not of the right type")),
        }
    }
}

impl<'de> Deserializer<'de> for Field {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.typed::<String>()?.deserialize_any(visitor)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.typed::<bool>()?.deserialize_any(visitor)
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.typed::<i64>()?.deserialize_any(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Self::Typed(Value::Null) => visitor.visit_none(),
            field => visitor.visit_some(field),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.typed::<String>()?.deserialize_enum(name, variants, visitor)
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct
        map struct identifier ignored_any
    }
}
