//! The fake on loopback, for the binary and for the crate's own transport: one request a
//! connection, as Odoo's workers have it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::probe::Probe;
use super::rpc::Request;
use super::server::{Delivered, Fake};

/// A server that ends with the test.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    server: JoinHandle<()>,
}

impl Server {
    /// Serves a fake; each call is a step of the probe.
    pub async fn start(fake: &Arc<Fake>, probe: &Arc<Probe>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port on loopback");
        let address = listener.local_addr().expect("its address");
        let (fake, probe) = (Arc::clone(fake), Arc::clone(probe));
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (fake, probe) = (Arc::clone(&fake), Arc::clone(&probe));
                tokio::spawn(async move { serve(stream, &fake, &probe).await.ok() });
            }
        });
        Self { address, server }
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(mut stream: TcpStream, fake: &Fake, probe: &Probe) -> std::io::Result<()> {
    let body = request(&mut stream).await?;
    let read = Request::read(&body);
    let (fault, takes) = if read.model.is_empty() { (None, Duration::ZERO) } else { probe.at(&read.name()) };
    match fake.exchange(&body, fault, takes).await {
        Delivered::Answer(body) => send(&mut stream, 200, &body).await,
        // Odoo states a length; a proxy that passes an answer on as it comes does not.
        Delivered::Truncated(part) => {
            stream.write_all(b"HTTP/1.0 200 OK\r\nContent-Type: text/xml\r\n\r\n").await?;
            stream.write_all(&part).await
        }
        Delivered::Status(status) => send(&mut stream, status, b"<html>Bad gateway</html>").await,
        Delivered::Refused | Delivered::Reset => Ok(()),
        Delivered::Nothing => {
            tokio::time::sleep(Duration::from_secs(3600)).await;
            Ok(())
        }
    }
}

async fn send(stream: &mut TcpStream, status: u16, body: &[u8]) -> std::io::Result<()> {
    let head = format!(
        "HTTP/1.0 {status} X\r\nContent-Type: text/xml\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body).await
}

/// The body of a request with a stated length.
async fn request(stream: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut all = Vec::new();
    loop {
        if let Some(at) = all.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&all[..at]).to_lowercase();
            let length =
                head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
            let wanted: usize = length.unwrap_or_default();
            if all.len() >= at + 4 + wanted {
                return Ok(all.split_off(at + 4));
            }
        }
        if stream.read_buf(&mut all).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    }
}
