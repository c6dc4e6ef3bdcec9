//! TCP as Cloudflare has it, with its TLS: certificates are checked against the host's name and the authorities that browsers
//! trust.

use airlock::{
    mail::{Server, Tls},
    ports::{LocalFuture, Wire},
};
use js_sys::{Object, Reflect, Uint8Array, futures::JsFuture};
use wasm_bindgen::{JsCast, JsValue};
use worker::{
    web_sys::{ReadableStreamDefaultReader, ReadableStreamReadResult, WritableStreamDefaultWriter},
    worker_sys,
};

/// A connection.
pub struct Socket {
    raw: worker_sys::Socket,
    reader: ReadableStreamDefaultReader,
    writer: WritableStreamDefaultWriter,
}

impl Socket {
    /// Begins to connect: whether it comes about, reading tells.
    pub fn connect(server: &Server) -> Option<Self> {
        let secure = if server.tls == Tls::Implicit { "on" } else { "starttls" };
        let address = object(&[("hostname", server.host.as_str().into()), ("port", server.port.into())])?;
        let options = object(&[("secureTransport", secure.into())])?;
        Self::opened(worker_sys::connect(address, options).ok()?)
    }

    fn opened(raw: worker_sys::Socket) -> Option<Self> {
        let reader = raw.readable().ok()?.get_reader().unchecked_into();
        let writer = raw.writable().ok()?.get_writer().ok()?;
        Some(Self { raw, reader, writer })
    }

    /// Closes it, and waits for nothing of that.
    pub fn close(self) {
        if let Ok(promise) = self.raw.close() {
            drop(JsFuture::from(promise));
        }
    }
}

impl Wire for Socket {
    fn read(&mut self) -> LocalFuture<'_, Option<Vec<u8>>> {
        Box::pin(async move {
            let read = JsFuture::from(self.reader.read()).await.ok()?;
            let value = read.unchecked_ref::<ReadableStreamReadResult>().get_value();
            value.dyn_ref::<Uint8Array>().map(Uint8Array::to_vec)
        })
    }

    fn write<'a>(&'a mut self, bytes: &'a [u8]) -> LocalFuture<'a, Option<()>> {
        Box::pin(async move {
            let bytes = Uint8Array::from(bytes);
            JsFuture::from(self.writer.write_with_chunk(&bytes)).await.ok().map(drop)
        })
    }

    fn start_tls(&mut self) -> LocalFuture<'_, Option<()>> {
        Box::pin(async move {
            self.reader.release_lock();
            self.writer.release_lock();
            *self = Self::opened(self.raw.start_tls().ok()?)?;
            Some(())
        })
    }
}

fn object(fields: &[(&str, JsValue)]) -> Option<JsValue> {
    let object = Object::new();
    for (name, value) in fields {
        Reflect::set(&object, &(*name).into(), value).ok()?;
    }
    Some(object.into())
}
