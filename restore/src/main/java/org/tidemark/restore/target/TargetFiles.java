// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore.target;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tidemark.catalog.backup.FileTable;
import org.tidemark.catalog.backup.Placement.Stretch;
import org.tidemark.core.DurableFile;
import org.tidemark.restore.host.FileOwner;

/**
 * Files that are being put together from their pieces, which come in any order: a file gets its length, rights and
 * owner with its last piece. Never follows a link. Thread-safe.
 */
public final class TargetFiles implements AutoCloseable {
    private static final Set<OpenOption> WRITE =
            Set.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE, LinkOption.NOFOLLOW_LINKS);
    private static final Set<OpenOption> READ = Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
    private static final FileAttribute<?> PRIVATE = PosixFilePermissions.asFileAttribute(DurableFile.permissions(0600));

    /** The maximum number of incomplete files that stay open. */
    private static final int MOST_OPEN = 256;

    /** When this many bytes of a file are not synced yet, they are synced while the rest is being written. */
    private static final long SYNCED_EARLY_BYTES = 32L << 20;

    /** If at least this many bytes of a complete file are not synced yet, the file is synced at once. */
    private static final long SYNCED_AT_END_BYTES = 4L << 20;

    private final FileTable files;
    private final TargetTree tree;
    private final FileOwner owner;
    private final TargetSync sync;

    /** By the number of the file, the most recently used one last. */
    private final Map<Integer, OpenFile> open = new LinkedHashMap<>(16, 0.75f, true);

    /** A file while it is written. Its numbers are guarded by {@link #open}. */
    private static final class OpenFile {
        private final FileChannel channel;
        private int users = 1;
        private boolean retired;
        private long unsyncedBytes;

        OpenFile(FileChannel channel) {
            this.channel = channel;
        }
    }

    /** @param owner who gets each file */
    public TargetFiles(FileTable files, TargetTree tree, FileOwner owner, TargetSync sync) {
        this.files = files;
        this.tree = tree;
        this.owner = owner;
        this.sync = sync;
    }

    /**
     * Writes a piece; with the last one of a file it is complete.
     *
     * @param offset of the piece in {@code data}
     */
    public void place(int file, List<Stretch> written, byte[] data, int offset) throws IOException {
        // If it is the only piece that the file lacks, no other thread has to do with the file.
        OpenFile target = files.missing(file) == 1 ? take(file) : share(file);
        try {
            int length = 0;
            for (Stretch each : written) {
                int from = offset + each.offset();
                ByteBuffer bytes = ByteBuffer.wrap(data, from, each.sizeBytes());
                while (bytes.hasRemaining()) {
                    target.channel.write(bytes, each.at() + bytes.position() - from);
                }
                length += each.sizeBytes();
            }
            boolean complete = files.placed(file);
            if (complete) {
                retire(file, target);
                complete(file, target.channel);
            }
            syncEarly(target, length, complete ? SYNCED_AT_END_BYTES : SYNCED_EARLY_BYTES);
        } finally {
            release(target);
        }
    }

    /** Takes note of a piece that is in place already. */
    public void keep(int file) throws IOException {
        if (files.placed(file)) {
            create(file);
        }
    }

    /** A file whose pieces, if there are any, are in place. */
    public void create(int file) throws IOException {
        OpenFile target = take(file);
        try {
            complete(file, target.channel);
        } finally {
            release(target);
        }
    }

    /** The bytes of a piece, to the beginning of {@code to}; false if the file does not have them all. */
    public boolean read(int file, List<Stretch> written, byte[] to) throws IOException {
        return read(place(file), written, to);
    }

    /** The same of a file at a place. */
    static boolean read(Path file, List<Stretch> written, byte[] to) throws IOException {
        try (FileChannel channel = FileChannel.open(file, READ)) {
            for (Stretch each : written) {
                ByteBuffer bytes = ByteBuffer.wrap(to, each.offset(), each.sizeBytes());
                while (bytes.hasRemaining()) {
                    if (channel.read(bytes, each.at() + bytes.position() - each.offset()) < 0) {
                        return false;
                    }
                }
            }
        } catch (NoSuchFileException e) {
            return false;
        }
        return true;
    }

    private Path place(int file) throws IOException {
        return tree.resolve(files.path(file));
    }

    /** For this thread alone. */
    private OpenFile take(int file) throws IOException {
        synchronized (open) {
            OpenFile known = open.remove(file);
            if (known != null) {
                known.users++;
                known.retired = true;
                return known;
            }
        }
        OpenFile target = new OpenFile(FileChannel.open(place(file), WRITE, PRIVATE));
        target.retired = true;
        return target;
    }

    private OpenFile share(int file) throws IOException {
        synchronized (open) {
            OpenFile known = open.get(file);
            if (known != null) {
                known.users++;
                return known;
            }
            closeIdle();
            OpenFile target = new OpenFile(FileChannel.open(place(file), WRITE, PRIVATE));
            open.put(file, target);
            return target;
        }
    }

    private void closeIdle() throws IOException {
        Iterator<OpenFile> eldest = open.values().iterator();
        while (open.size() >= MOST_OPEN && eldest.hasNext()) {
            OpenFile each = eldest.next();
            if (each.users == 0) {
                eldest.remove();
                each.channel.close();
            }
        }
    }

    private void retire(int file, OpenFile target) {
        synchronized (open) {
            open.remove(file);
            target.retired = true;
        }
    }

    private void release(OpenFile target) throws IOException {
        synchronized (open) {
            target.users--;
            if (target.users > 0 || !target.retired) {
                return;
            }
        }
        target.channel.close();
    }

    /** Gives a file its length, rights and owner. */
    private void complete(int file, FileChannel channel) throws IOException {
        long size = channel.size();
        if (size > files.size(file)) {
            channel.truncate(files.size(file));
        } else if (size < files.size(file)) {
            throw new IOException("'" + place(file) + "' has " + size + " bytes instead of the " + files.size(file)
                    + " that were written");
        }
        owner.with(files.mode(file)).applyTo(place(file));
        sync.completed(channel);
    }

    private void syncEarly(OpenFile target, int written, long enough) {
        long unsynced;
        synchronized (open) {
            target.unsyncedBytes += written;
            unsynced = target.unsyncedBytes;
            if (unsynced < enough) {
                return;
            }
            target.unsyncedBytes = 0;
            target.users++;
        }
        boolean begun = sync.begin(() -> {
            try {
                target.channel.force(false);
            } finally {
                release(target);
            }
        });
        if (!begun) {
            synchronized (open) {
                target.unsyncedBytes += unsynced;
                target.users--;
            }
        }
    }

    @Override
    public void close() throws IOException {
        synchronized (open) {
            for (OpenFile each : open.values()) {
                each.channel.close();
            }
            open.clear();
        }
    }
}
