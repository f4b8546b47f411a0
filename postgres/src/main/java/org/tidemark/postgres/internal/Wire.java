// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.internal;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.time.Duration;
import org.tidemark.postgres.PostgresException;
import org.tidemark.postgres.ServerMessage;

/**
 * The bytes of one connection, each wait with its limit and with a name for what is waited for. Not thread-safe, except
 * {@link #cut}.
 */
final class Wire {
    private final Socket plain;
    private final Socket socket;
    private final PostgresErrors errors;
    private final InputStream in;
    private final OutputStream out;
    private String awaited = "the server";
    private volatile boolean cut;

    /** The protocol is spoken on {@code socket}: {@code plain} itself, or a TLS socket around it. */
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

    /** From now on at most {@code limit} may pass without a byte from the server. */
    void await(String what, Duration limit) {
        awaited = what;
        try {
            // Zero would mean without end.
            socket.setSoTimeout(Math.clamp(limit.toMillis(), 1, Integer.MAX_VALUE));
        } catch (IOException e) {
            throw lost(e);
        }
    }

    /** At least one byte, or {@link PostgresException}: the server never ends a connection on its own in what we do. */
    int read(byte[] bytes, int offset, int length) {
        try {
            int count = in.read(bytes, offset, length);
            if (count < 0) {
                throw new IOException("the server closed it");
            }
            return count;
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

    /** The server sent what the protocol does not allow here. */
    PostgresException violated(String what) {
        return errors.violated(what + " while we waited for " + awaited);
    }

    /** Ends the connection after a last request, from any thread: whoever reads or writes gets INTERRUPTED. */
    void cut(Runnable lastRequest) {
        cut = true;
        lastRequest.run();
        close();
    }

    /** Ends the connection without a farewell. */
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
