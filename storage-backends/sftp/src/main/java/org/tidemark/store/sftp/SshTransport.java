// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.sftp;

import com.jcraft.jsch.ChannelSubsystem;
import com.jcraft.jsch.JSch;
import com.jcraft.jsch.JSchException;
import com.jcraft.jsch.Session;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tidemark.store.StorageException;

/**
 * One SSH session with one channel to the server's SFTP, by jsch. One thread connects and writes; any other may abort.
 * jsch's own thread hands over what comes. No logger is given to jsch: it would be told names of keys and more.
 */
final class SshTransport {
    /** AES is in hardware nearly everywhere; jsch has chacha20-poly1305 only with Bouncy Castle beside it. */
    private static final String CIPHERS =
            "aes256-gcm@openssh.com,aes128-gcm@openssh.com,aes256-ctr,aes192-ctr,aes128-ctr";

    private final SftpConfig config;
    private final SftpErrors errors;
    private final WatchedSockets sockets;
    private volatile @Nullable Session session;
    private @Nullable OutputStream out;

    SshTransport(SftpConfig config, SftpErrors errors) {
        this.config = config;
        this.errors = errors;
        this.sockets = new WatchedSockets(config.limits().connect());
    }

    /** Connects, proves who is who, and has the server begin with SFTP. */
    void connect(OutputStream replies) throws StorageException {
        JSch jsch = new JSch();
        int limitMillis = (int) Math.min(config.limits().connect().toMillis(), Integer.MAX_VALUE);
        try {
            ServerAddress server = config.server();
            Session next = jsch.getSession(server.user(), server.host(), server.port());
            session = next;
            config.knownHosts().giveTo(jsch);
            String offered = config.login().giveTo(jsch, next);
            next.setConfig("StrictHostKeyChecking", "yes");
            next.setConfig("cipher.c2s", CIPHERS);
            next.setConfig("cipher.s2c", CIPHERS);
            next.setSocketFactory(sockets);
            config.proxy().ifPresent(proxy -> next.setProxy(proxy.proxy()));
            next.setDaemonThread(true);
            logIn(jsch, next, offered, limitMillis);
            ChannelSubsystem channel = (ChannelSubsystem) next.openChannel("subsystem");
            channel.setSubsystem("sftp");
            channel.setOutputStream(replies);
            out = channel.getOutputStream();
            channel.connect(limitMillis);
        } catch (JSchException | IOException e) {
            throw e instanceof StorageException classified
                    ? classified
                    : errors.unreached("the server does not begin with SFTP: " + e.getMessage(), e);
        }
    }

    private void logIn(JSch jsch, Session next, String offered, int limitMillis) throws StorageException {
        try {
            next.connect(limitMillis);
        } catch (JSchException e) {
            throw errors.login(e, Optional.ofNullable(next.getHostKey()), offered, sockets.isBroken(), jsch);
        }
    }

    void write(byte[] bytes, int offset, int length) throws IOException {
        Objects.requireNonNull(out, "connected before").write(bytes, offset, length);
    }

    void flush() throws IOException {
        Objects.requireNonNull(out, "connected before").flush();
    }

    /** Asks the server for a sign of life. May wait as long as the connection stands. */
    void askForLife() {
        Session asked = session;
        try {
            if (asked != null && asked.isConnected()) {
                asked.sendKeepAliveMsg();
            }
        } catch (Exception e) {
            // jsch declares them all. That nothing is heard is noticed by those who listen.
        }
    }

    /** When the last byte came, as {@link System#nanoTime} has it. */
    long heardNanos() {
        return sockets.heardNanos();
    }

    /** Ends it at once, whatever waits. */
    void abort() {
        sockets.close();
    }
}
