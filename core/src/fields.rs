//! Named values on their way into a struct: of a form, a query, a JSON object; and the columns of a row.

use std::{fmt, slice, str::FromStr};

use serde::{
    Deserialize, Deserializer,
    de::{
        DeserializeOwned, DeserializeSeed, Error as _, IntoDeserializer, MapAccess, SeqAccess, Visitor,
        value::MapDeserializer,
    },
    forward_to_deserialize_any,
};
use serde_json::{Error, Map, Value};

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
        // As text: so rows come too, and one parser does for both.
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

/// The columns of a row. A struct is asked for its fields one after the other, and takes what stands under their names: to
/// read a map it would have to be ready for any order, and that is more code for each kind of row.
pub struct Columns<'r>(pub &'r mut Map<String, Value>);

impl<'de> Deserializer<'de> for Columns<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(Error::custom("a row is a struct"))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let mut values = Named { fields: fields.iter(), row: self.0, name: "" };
        visitor.visit_seq(&mut values).map_err(|e| values.fault(&e))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

/// Those of a struct, in its order.
struct Named<'r> {
    fields: slice::Iter<'static, &'static str>,
    row: &'r mut Map<String, Value>,
    /// Of the one before.
    name: &'static str,
}

impl Named<'_> {
    /// Of a column that is not there serde makes an error, or the default where the field has one.
    fn column(&mut self) -> Option<Field> {
        self.name = self.fields.next()?;
        self.row.get_mut(self.name).map(Value::take).map(Field::Typed)
    }

    fn fault(&self, e: &Error) -> Error {
        Error::custom(format_args!("{}: {e}", self.name))
    }
}

impl<'de> SeqAccess<'de> for Named<'_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        self.column().map(|column| seed.deserialize(column)).transpose()
    }
}
