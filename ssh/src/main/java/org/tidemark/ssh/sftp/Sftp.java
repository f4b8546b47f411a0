// SPDX-License-Identifier: Apache-2.0
package org.tidemark.ssh.sftp;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * The requests of SFTP, version 3, with OpenSSH's extensions. Each method sends its request at once and returns the
 * answer to wait for, so a caller can have several requests under way. Paths are absolute. Thread-safe.
 *
 * @see <a href="https://datatracker.ietf.org/doc/html/draft-ietf-secsh-filexfer-02">the protocol</a>
 * @see <a href="https://github.com/openssh/openssh-portable/blob/master/PROTOCOL">OpenSSH's extensions</a>
 */
public final class Sftp {
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
    private static final int REAL_PATH = 16;
    private static final int STAT = 17;
    private static final int RENAME = 18;
    private static final int READ_LINK = 19;
    static final int EXTENDED = 200;

    private static final int TO_READ = 0x1;
    private static final int TO_WRITE_NEW = 0x2 | 0x8 | 0x20;
    private static final int TO_REPLACE = 0x2 | 0x10;
    private static final byte[] NO_ATTRIBUTES = new byte[4];

    /** OpenSSH gives 100 names in one answer; a few requests ahead save time. */
    private static final int MAX_READS_UNDER_WAY = 4;

    private final Connection connection;
    private final Abilities abilities;

    public Sftp(Connection connection, Abilities abilities) {
        this.connection = connection;
        this.abilities = abilities;
    }

    public Abilities abilities() {
        return abilities;
    }

    /** The answer to a request under way. */
    public record Answer(Connection connection, CompletableFuture<Reply> reply) {
        /** Waits for the answer until the time limit, or until the thread is interrupted. */
        public Reply await() throws IOException {
            return connection.await(reply);
        }

        /** The attributes of a file; empty if the server answers that the file does not exist. */
        public Optional<Attributes> attributesIfPresent() throws IOException {
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

    /** Follows symbolic links. */
    public Answer stat(String path) {
        return ofPath(STAT, path);
    }

    /** Does not follow a symbolic link. */
    public Answer lstat(String path) {
        return ofPath(LSTAT, path);
    }

    public Answer stat(byte[] handle) {
        return ofHandle(FSTAT, handle);
    }

    public Answer openToRead(String path) {
        return send(id -> SftpMessage.request(OPEN, id)
                .text(path)
                .number(TO_READ)
                .raw(NO_ATTRIBUTES)
                .build());
    }

    /** Fails if the file exists. */
    public Answer openNew(String path, int mode) {
        return send(id -> SftpMessage.request(OPEN, id)
                .text(path)
                .number(TO_WRITE_NEW)
                .raw(Attributes.ofMode(mode))
                .build());
    }

    /** Empties the file, which must exist. */
    public Answer openToReplace(String path) {
        return send(id -> SftpMessage.request(OPEN, id)
                .text(path)
                .number(TO_REPLACE)
                .raw(NO_ATTRIBUTES)
                .build());
    }

    public Answer read(byte[] handle, long offset, int length) {
        return send(id -> SftpMessage.request(READ, id)
                .string(handle)
                .longNumber(offset)
                .number(length)
                .build());
    }

    /**
     * Writes the beginning of an array.
     *
     * @param bytes must not change before the answer arrives
     */
    public Answer write(byte[] handle, long offset, byte[] bytes, int length) {
        return send(id -> SftpMessage.request(WRITE, id)
                .string(handle)
                .longNumber(offset)
                .number(length)
                .build(bytes, length));
    }

    public Answer close(byte[] handle) {
        return ofHandle(CLOSE, handle);
    }

    public Answer setMode(byte[] handle, int mode) {
        return send(id -> SftpMessage.request(FSETSTAT, id)
                .string(handle)
                .raw(Attributes.ofMode(mode))
                .build());
    }

    public Answer setMode(String path, int mode) {
        return send(id -> SftpMessage.request(SETSTAT, id)
                .text(path)
                .raw(Attributes.ofMode(mode))
                .build());
    }

    public Answer remove(String path) {
        return ofPath(REMOVE, path);
    }

    public Answer rename(String path, String to) {
        return send(id -> SftpMessage.request(RENAME, id).text(path).text(to).build());
    }

    public Answer makeDirectory(String path, int mode) {
        return send(id -> SftpMessage.request(MAKE_DIRECTORY, id)
                .text(path)
                .raw(Attributes.ofMode(mode))
                .build());
    }

    public Answer removeDirectory(String path) {
        return ofPath(REMOVE_DIRECTORY, path);
    }

    private Answer openDirectory(String path) {
        return ofPath(OPEN_DIRECTORY, path);
    }

    private Answer readDirectory(byte[] handle) {
        return ofHandle(READ_DIRECTORY, handle);
    }

    /** Receives the entries of a directory in any order, with the directory itself and its parent. */
    public interface EntryReader {
        void take(Reply.Entry entry) throws IOException;
    }

    /** Reads a directory, and requests its entries ahead. Throws "no such file" if it does not exist. */
    public void readEntries(String path, EntryReader reader) throws IOException {
        byte[] handle = openDirectory(path).await().handle();
        try {
            Deque<Answer> underWay = new ArrayDeque<>(List.of(readDirectory(handle)));
            boolean more = true;
            while (!underWay.isEmpty()) {
                Optional<List<Reply.Entry>> entries = underWay.remove().await().names();
                more &= entries.isPresent();
                for (Reply.Entry entry : entries.orElse(List.of())) {
                    reader.take(entry);
                }
                while (more && underWay.size() < MAX_READS_UNDER_WAY) {
                    underWay.add(readDirectory(handle));
                }
            }
        } finally {
            close(handle);
        }
    }

    /** The target of a symbolic link. */
    public Answer readLink(String path) {
        return ofPath(READ_LINK, path);
    }

    /** The path without links; OpenSSH does not require that its last part exists. */
    public Answer realPath(String path) {
        return ofPath(REAL_PATH, path);
    }

    public Answer sync(byte[] handle) {
        return send(id ->
                SftpMessage.request(EXTENDED, id).text(FSYNC).string(handle).build());
    }

    public Answer link(String path, String newName) {
        return send(id -> SftpMessage.request(EXTENDED, id)
                .text(HARD_LINK)
                .text(path)
                .text(newName)
                .build());
    }

    public Answer disk(String path) {
        return send(
                id -> SftpMessage.request(EXTENDED, id).text(STATVFS).text(path).build());
    }

    private Answer ofPath(int type, String path) {
        return send(id -> SftpMessage.request(type, id).text(path).build());
    }

    private Answer ofHandle(int type, byte[] handle) {
        return send(id -> SftpMessage.request(type, id).string(handle).build());
    }

    private Answer send(Connection.Request request) {
        return new Answer(connection, connection.send(request));
    }

    /**
     * The extensions that a server offers. Immutable.
     *
     * @param limits whether the server can tell the maximum length of its messages
     * @param pieceBytes the maximum number of bytes of a file in one message
     */
    public record Abilities(boolean fsync, boolean hardLink, boolean statvfs, boolean limits, int pieceBytes) {
        /** The protocol requires every server to accept this size. */
        private static final int MIN_PIECE_BYTES = 32 * 1024;

        /** OpenSSH's limit; a larger piece is not faster. */
        private static final int MAX_PIECE_BYTES = 255 * 1024;

        /** @param message the server's first message, from the protocol version on */
        static Abilities read(ByteBuffer message) {
            Map<String, String> extensions = new HashMap<>();
            message.getInt();
            while (message.hasRemaining()) {
                String name = Reply.text(message);
                extensions.put(name, Reply.text(message));
            }
            return new Abilities(
                    "1".equals(extensions.get(Sftp.FSYNC)),
                    "1".equals(extensions.get(Sftp.HARD_LINK)),
                    "2".equals(extensions.get(Sftp.STATVFS)),
                    "1".equals(extensions.get(Sftp.LIMITS)),
                    MIN_PIECE_BYTES);
        }

        /** @param bytes the server's limits: the longest message, the longest read, the longest write */
        Abilities withLimits(ByteBuffer bytes) {
            bytes.getLong();
            long piece = Math.min(MAX_PIECE_BYTES, Math.min(positive(bytes.getLong()), positive(bytes.getLong())));
            return new Abilities(fsync, hardLink, statvfs, limits, (int) Math.max(MIN_PIECE_BYTES, piece));
        }

        /** The server sends 0 for an unknown limit. */
        private static long positive(long limit) {
            return limit > 0 ? limit : MIN_PIECE_BYTES;
        }
    }
}
