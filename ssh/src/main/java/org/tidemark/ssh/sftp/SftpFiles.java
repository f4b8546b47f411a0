// SPDX-License-Identifier: Apache-2.0
package org.tidemark.ssh.sftp;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.NotLinkException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.tidemark.core.HostFiles;
import org.tidemark.core.HostLostException;
import org.tidemark.ssh.Ssh;
import org.tidemark.ssh.SshException;
import org.tidemark.ssh.sftp.Connections.Lease;
import org.tidemark.ssh.sftp.Reply.Entry;
import org.tidemark.ssh.sftp.Sftp.Answer;

/**
 * The files of another host, by SFTP. It connects with the first question, and again with the next one if a connection
 * is lost. Every wait has one of the limits of the {@link Ssh}. Thread-safe.
 */
public final class SftpFiles implements HostFiles {
    /** The memory of one read; OpenSSH's channel takes twice as much. */
    private static final int MAX_UNDER_WAY_BYTES = 1024 * 1024;

    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final Ssh ssh;
    private final Connections connections;

    /**
     * Does not connect yet.
     *
     * @param maxConnections open files and questions at the same time share them
     */
    public SftpFiles(Ssh ssh, int maxConnections) {
        this.ssh = ssh;
        this.connections = new Connections(ssh, maxConnections, this::unreached);
    }

    @Override
    public Optional<Stat> stat(String path) throws IOException {
        return ask(path, sftp -> sftp.lstat(path).attributesIfPresent().map(Attributes::stat));
    }

    @Override
    public Listing list(String path) throws IOException {
        return ask(path, sftp -> {
            // First, since the server follows a link, and calls every other file a missing one.
            if (!require(sftp.lstat(path), path).isDirectory()) {
                throw new NotDirectoryException(path);
            }
            List<Entry> entries = new ArrayList<>();
            sftp.readEntries(path, entry -> {
                if (entry.name().isEmpty()
                        || entry.name().contains("/")
                        || entry.name().indexOf('\0') >= 0) {
                    throw new FileSystemException(path, null, "the server sent an entry with a name that no file has");
                }
                if (!entry.name().equals(".") && !entry.name().equals("..")) {
                    entries.add(entry);
                }
            });
            entries.sort(Comparator.comparing(Entry::name));
            return new Entries(entries.stream().map(Entry::name).toList(), entries);
        });
    }

    private record Entries(List<String> names, List<Entry> entries) implements Listing {
        @Override
        public Optional<Stat> stat(String name) {
            int at = Collections.binarySearch(names, name);
            return at < 0
                    ? Optional.empty()
                    : Optional.of(entries.get(at).attributes().stat());
        }
    }

    @Override
    public String readLink(String path) throws IOException {
        return ask(path, sftp -> {
            if (require(sftp.lstat(path), path).type() != FileType.SYMBOLIC_LINK) {
                throw new NotLinkException(path);
            }
            return sftp.readLink(path).await().path();
        });
    }

    @Override
    public String realPath(String path) throws IOException {
        return ask(path, sftp -> {
            Answer followed = sftp.stat(path);
            Answer real = sftp.realPath(path);
            if (followed.attributesIfPresent().isEmpty()) {
                throw new NoSuchFileException(path);
            }
            return real.await().path();
        });
    }

    @Override
    public OpenFile open(String path, Stat seen) throws IOException {
        HostFiles.requirePath(path);
        if (!seen.isRegularFile()) {
            throw new NotRegularFile(path);
        }
        Lease lease = connections.take();
        boolean opened = false;
        try {
            byte[] handle = open(lease.sftp(), path);
            opened = true;
            return new Open(path, lease, handle);
        } catch (IOException e) {
            throw classified(path, e);
        } finally {
            if (!opened) {
                lease.close();
            }
        }
    }

    /** Looks again: the server follows a link that has taken the place of the file. */
    private static byte[] open(Sftp sftp, String path) throws IOException {
        Answer opened = sftp.openToRead(path);
        Answer again = sftp.lstat(path);
        byte[] handle = opened.await().handle();
        try {
            if (!require(again, path).isRegularFile()) {
                throw new NotRegularFile(path);
            }
            return handle;
        } catch (IOException e) {
            sftp.close(handle);
            throw e;
        }
    }

    private static Stat require(Answer look, String path) throws IOException {
        return look.attributesIfPresent().map(Attributes::stat).orElseThrow(() -> new NoSuchFileException(path));
    }

    /** Thread-safe. */
    private final class Open implements OpenFile {
        private final String path;
        private final Lease lease;
        private final byte[] handle;
        private final AtomicBoolean closed = new AtomicBoolean();

        Open(String path, Lease lease, byte[] handle) {
            this.path = path;
            this.lease = lease;
            this.handle = handle;
        }

        private record Piece(int from, int length, Answer answer) {}

        @Override
        public long size() throws IOException {
            try {
                return lease.sftp().stat(handle).await().attributes().sizeBytes();
            } catch (IOException e) {
                throw classified(path, e);
            }
        }

        @Override
        public int read(long at, byte[] to, int offset, int length) throws IOException {
            try {
                return readPieces(lease.sftp(), at, to, offset, length);
            } catch (IOException e) {
                throw classified(path, e);
            }
        }

        private int readPieces(Sftp sftp, long at, byte[] to, int offset, int length) throws IOException {
            int pieceBytes = sftp.abilities().pieceBytes();
            Deque<Piece> underWay = new ArrayDeque<>();
            int asked = 0;
            int done = 0;
            while (done < length) {
                while (asked < length && underWay.size() < MAX_UNDER_WAY_BYTES / pieceBytes) {
                    int count = Math.min(pieceBytes, length - asked);
                    underWay.add(new Piece(asked, count, sftp.read(handle, at + asked, count)));
                    asked += count;
                }
                Piece piece = underWay.remove();
                ByteBuffer bytes = piece.answer().await().data().orElse(NOTHING);
                int count = bytes.remaining();
                int missing = piece.length() - count;
                if (missing < 0) {
                    throw new IOException("the server sent more bytes than requested");
                }
                bytes.get(to, offset + piece.from(), count);
                done = piece.from() + count;
                if (count == 0) {
                    return done;
                }
                if (missing > 0) {
                    underWay.addFirst(new Piece(done, missing, sftp.read(handle, at + done, missing)));
                }
            }
            return done;
        }

        /** Does not wait. A second call would close a file that has this handle by then. */
        @Override
        public void close() {
            if (!closed.getAndSet(true)) {
                lease.sftp().close(handle);
                lease.close();
            }
        }
    }

    @Override
    public void close() {
        connections.close();
    }

    private interface Question<T> {
        T ask(Sftp sftp) throws IOException;
    }

    private <T> T ask(String path, Question<T> question) throws IOException {
        HostFiles.requirePath(path);
        try (Lease lease = connections.take()) {
            return question.ask(lease.sftp());
        } catch (IOException e) {
            throw classified(path, e);
        }
    }

    private IOException classified(String path, IOException cause) {
        return switch (cause) {
            case FileSystemException known -> known;
            case HostLostException known -> known;
            case InterruptedIOException interrupted -> interrupted;
            case SftpStatusException refused -> refused(path, refused);
            default ->
                new HostLostException(
                        "the connection to " + ssh.destination() + " was lost: " + cause.getMessage(),
                        false,
                        null,
                        cause);
        };
    }

    private static FileSystemException refused(String path, SftpStatusException status) {
        FileSystemException refused = switch (status.status()) {
            case SftpStatusException.NO_SUCH_FILE -> new NoSuchFileException(path);
            case SftpStatusException.PERMISSION_DENIED -> new AccessDeniedException(path);
            default -> new FileSystemException(path, null, String.valueOf(status.getMessage()));
        };
        refused.initCause(status);
        return refused;
    }

    private IOException unreached(IOException cause) {
        if (cause instanceof InterruptedIOException) {
            return cause;
        }
        String message = "no connection to " + ssh.destination() + ": " + cause.getMessage();
        return cause instanceof SshException known
                ? new HostLostException(
                        message,
                        known.kind() == SshException.Kind.REFUSED,
                        known.hint().orElse(null),
                        cause)
                : new HostLostException(message, false, null, cause);
    }
}
