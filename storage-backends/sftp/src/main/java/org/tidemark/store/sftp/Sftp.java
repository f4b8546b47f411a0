// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.sftp;

import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * The requests of SFTP, version 3, with OpenSSH's extensions. Each is sent when it is called, and its answer awaited
 * when it is asked for, so that several can be under way. Paths are absolute. Thread-safe.
 *
 * @see <a href="https://datatracker.ietf.org/doc/html/draft-ietf-secsh-filexfer-02">the protocol</a>
 * @see <a href="https://github.com/openssh/openssh-portable/blob/master/PROTOCOL">OpenSSH's extensions</a>
 */
final class Sftp {
    static final String FSYNC = "fsync@openssh.com";
    static final String HARD_LINK = "hardlink@openssh.com";
    static final String STATVFS = "statvfs@openssh.com";
    static final String LIMITS = "limits@openssh.com";

    private static final int OPEN = 3;
    private static final int CLOSE = 4;
    private static final int READ = 5;
    private static final int WRITE = 6;
    private static final int LSTAT = 7;
    private static final int FSTAT = 8;
    private static final int SETSTAT = 9;
    private static final int FSETSTAT = 10;
    private static final int OPEN_DIRECTORY = 11;
    private static final int READ_DIRECTORY = 12;
    private static final int REMOVE = 13;
    private static final int MAKE_DIRECTORY = 14;
    private static final int REMOVE_DIRECTORY = 15;
    private static final int STAT = 17;
    private static final int RENAME = 18;
    static final int EXTENDED = 200;

    private static final int TO_READ = 0x1;
    private static final int TO_WRITE_NEW = 0x2 | 0x8 | 0x20;
    private static final byte[] NO_ATTRIBUTES = new byte[4];

    private final Connection connection;
    private final Abilities abilities;

    Sftp(Connection connection, Abilities abilities) {
        this.connection = connection;
        this.abilities = abilities;
    }

    Abilities abilities() {
        return abilities;
    }

    /** An answer that is on its way. */
    record Answer(Connection connection, CompletableFuture<Reply> reply) {
        /** Waits for it, within the limits, or until the thread is interrupted. */
        Reply await() throws IOException {
            return connection.await(reply);
        }

        /** Of a file that may not be there: empty if the server says so. */
        Optional<Attributes> attributesIfThere() throws IOException {
            try {
                return Optional.of(await().attributes());
            } catch (SftpStatusException e) {
                if (e.status() == SftpStatusException.NO_SUCH_FILE) {
                    return Optional.empty();
                }
                throw e;
            }
        }
    }

    /** Of the file that a symbolic link leads to. */
    Answer stat(String path) {
        return ofPath(STAT, path);
    }

    /** Of the symbolic link itself. */
    Answer lstat(String path) {
        return ofPath(LSTAT, path);
    }

    Answer stat(byte[] handle) {
        return ofHandle(FSTAT, handle);
    }

    Answer openToRead(String path) {
        return send(id -> Frame.request(OPEN, id)
                .text(path)
                .number(TO_READ)
                .raw(NO_ATTRIBUTES)
                .build());
    }

    /** Fails where there is such a file. */
    Answer openNew(String path, int mode) {
        return send(id -> Frame.request(OPEN, id)
                .text(path)
                .number(TO_WRITE_NEW)
                .raw(Attributes.ofMode(mode))
                .build());
    }

    Answer read(byte[] handle, long offset, int length) {
        return send(id -> Frame.request(READ, id)
                .string(handle)
                .longNumber(offset)
                .number(length)
                .build());
    }

    /** @param bytes not to be changed before the answer is there */
    Answer write(byte[] handle, long offset, byte[] bytes, int length) {
        return send(id -> Frame.request(WRITE, id)
                .string(handle)
                .longNumber(offset)
                .number(length)
                .build(bytes, length));
    }

    Answer close(byte[] handle) {
        return ofHandle(CLOSE, handle);
    }

    Answer setMode(byte[] handle, int mode) {
        return send(id -> Frame.request(FSETSTAT, id)
                .string(handle)
                .raw(Attributes.ofMode(mode))
                .build());
    }

    Answer setMode(String path, int mode) {
        return send(id -> Frame.request(SETSTAT, id)
                .text(path)
                .raw(Attributes.ofMode(mode))
                .build());
    }

    Answer remove(String path) {
        return ofPath(REMOVE, path);
    }

    Answer rename(String path, String to) {
        return send(id -> Frame.request(RENAME, id).text(path).text(to).build());
    }

    Answer makeDirectory(String path, int mode) {
        return send(id -> Frame.request(MAKE_DIRECTORY, id)
                .text(path)
                .raw(Attributes.ofMode(mode))
                .build());
    }

    Answer removeDirectory(String path) {
        return ofPath(REMOVE_DIRECTORY, path);
    }

    Answer openDirectory(String path) {
        return ofPath(OPEN_DIRECTORY, path);
    }

    Answer readDirectory(byte[] handle) {
        return ofHandle(READ_DIRECTORY, handle);
    }

    Answer sync(byte[] handle) {
        return send(id -> Frame.request(EXTENDED, id).text(FSYNC).string(handle).build());
    }

    Answer link(String path, String newName) {
        return send(id -> Frame.request(EXTENDED, id)
                .text(HARD_LINK)
                .text(path)
                .text(newName)
                .build());
    }

    Answer disk(String path) {
        return send(id -> Frame.request(EXTENDED, id).text(STATVFS).text(path).build());
    }

    private Answer ofPath(int type, String path) {
        return send(id -> Frame.request(type, id).text(path).build());
    }

    private Answer ofHandle(int type, byte[] handle) {
        return send(id -> Frame.request(type, id).string(handle).build());
    }

    private Answer send(Connection.Request request) {
        return new Answer(connection, connection.send(request));
    }
}
