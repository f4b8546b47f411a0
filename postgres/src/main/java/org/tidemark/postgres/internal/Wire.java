// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.internal;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import org.tidemark.core.LongWaits;
import org.tidemark.core.LongWaits.Wait;
import org.tidemark.postgres.PostgresException;
import org.tidemark.postgres.ServerMessage;

/**
 * The bytes of one connection. Each wait has a limit, and its error names what the connection waited for. Not
 * thread-safe, except {@link #cut}.
 */
final class Wire {
    private final Socket plain;
    private final Socket socket;
    private final PostgresErrors errors;
    private final InputStream in;
    private final OutputStream out;
    private String awaited = "the server";
    private volatile boolean cut;

    /** @param socket the socket for the protocol: {@code plain} itself, or a TLS socket around it */
    Wire(Socket plain, Socket socket, PostgresErrors errors) {
        this.plain = plain;
        this.socket = socket;
        this.errors = errors;
        try {
            in = socket.getInputStream();
            out = socket.getOutputStream();
        } catch (IOException e) {
            throw errors.lost(awaited, e, false);
        }
    }

    /** Sets the maximum time without a byte from the server, and the name of the expected answer. */
    void await(String what, Duration limit) {
        awaited = what;
        try {
            // Zero would mean no limit.
            socket.setSoTimeout(Math.clamp(limit.toMillis(), 1, Integer.MAX_VALUE));
        } catch (IOException e) {
            throw lost(e);
        }
    }

    /**
     * Reads at least one byte, or throws {@link PostgresException}: here the server never closes a connection first.
     */
    int read(byte[] bytes, int offset, int length) {
        try (Wait _ = LongWaits.on("PostgreSQL at " + errors.server() + " (" + awaited + ")")) {
            return requireOpen(in.read(bytes, offset, length));
        } catch (IOException e) {
            throw lost(e);
        }
    }

    private static int requireOpen(int count) throws IOException {
        if (count < 0) {
            throw new IOException("the server closed it");
        }
        return count;
    }

    /** Reads what arrives within a time; 0 if nothing does. The limit of {@link #await} stays. */
    int poll(byte[] bytes, int offset, int length, Duration limit) {
        try {
            int awaited = socket.getSoTimeout();
            socket.setSoTimeout(Math.clamp(limit.toMillis(), 1, Integer.MAX_VALUE));
            try {
                return requireOpen(in.read(bytes, offset, length));
            } catch (SocketTimeoutException e) {
                return 0;
            } finally {
                socket.setSoTimeout(awaited);
            }
        } catch (IOException e) {
            throw lost(e);
        }
    }

    void write(byte[] bytes) {
        try {
            out.write(bytes);
            out.flush();
        } catch (IOException e) {
            throw lost(e);
        }
    }

    /** The server answered with an error. */
    PostgresException refused(ServerMessage message) {
        return cut ? lost(new IOException(message.toString())) : errors.refused(awaited, message);
    }

    /** The server ended what was under way, and told the reason. */
    PostgresException ended(String reason) {
        return lost(new IOException(reason));
    }

    /** The server sent a message that violates the protocol. */
    PostgresException violated(String what) {
        return errors.violated(what + " while we waited for " + awaited);
    }

    /** Ends the connection after a last request, from any thread; a running read or write throws INTERRUPTED. */
    void cut(Runnable lastRequest) {
        cut = true;
        lastRequest.run();
        close();
    }

    /** Closes the socket without a Terminate message. */
    void close() {
        try {
            plain.close();
        } catch (IOException e) {
            System.getLogger(Wire.class.getName()).log(System.Logger.Level.DEBUG, "closing a socket failed", e);
        }
    }

    private PostgresException lost(IOException failure) {
        return errors.lost(awaited, failure, cut);
    }
}
