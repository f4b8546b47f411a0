// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.queue;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.tidemark.store.ObjectSource;

/**
 * Writes one file of the spool: under a temporary name first, synced, then linked to its name, then every directory up
 * to the spool's own name synced. An empty file needs no temporary name. Not thread-safe.
 */
final class SpoolWriter {
    private static final String TEMPORARY = ".new-";
    private static final Set<StandardOpenOption> NEW = Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    private static final FileAttribute<Set<PosixFilePermission>> OWNER_ALONE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
    private static final AtomicInteger NUMBER = new AtomicInteger();

    private final Path spool;
    private final Path directory;
    private final Path temporary;

    SpoolWriter(Path spool, Path directory) {
        this.spool = spool.toAbsolutePath();
        this.directory = directory.toAbsolutePath();
        this.temporary =
                this.directory.resolve(TEMPORARY + ProcessHandle.current().pid() + "-" + NUMBER.incrementAndGet());
    }

    /** Writes and syncs the content under a temporary name; removes it if that fails. */
    void begin(ObjectSource source) throws IOException {
        makeDirectories(spool, directory);
        // Of a process that had this number before, as often happens in a container.
        Files.deleteIfExists(temporary);
        boolean written = false;
        try {
            write(source);
            written = true;
        } finally {
            if (!written) {
                end();
            }
        }
    }

    private void write(ObjectSource source) throws IOException {
        try (FileChannel channel = FileChannel.open(temporary, NEW, OWNER_ALONE);
                InputStream in = source.open();
                OutputStream out = Channels.newOutputStream(channel)) {
            long written = in.transferTo(out);
            if (written != source.sizeBytes()) {
                throw new IOException("wrote " + written + " of " + source.sizeBytes() + " bytes");
            }
            channel.force(true);
        }
    }

    /**
     * Gives it a name, for good.
     *
     * @return false if another file has the name: a link refuses, where a rename would replace it
     */
    boolean name(String name) throws IOException {
        try {
            Files.createLink(directory.resolve(name), temporary);
        } catch (FileAlreadyExistsException e) {
            return false;
        }
        syncUp(directory);
        return true;
    }

    /**
     * Makes an empty file of this name, for good. It needs no block of a disk that is full of data.
     *
     * @return false if the name is taken
     */
    boolean create(String name) throws IOException {
        makeDirectories(spool, directory);
        try (FileChannel channel = FileChannel.open(directory.resolve(name), NEW, OWNER_ALONE)) {
            channel.force(true);
        } catch (FileAlreadyExistsException e) {
            return false;
        }
        syncUp(directory);
        return true;
    }

    void end() throws IOException {
        Files.deleteIfExists(temporary);
    }

    /** Syncs a file of the spool that has its name already. */
    void makeDurable(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
        syncUp(parent(file.toAbsolutePath()));
    }

    /** The process that made one of the directories may have died before its name was durable. */
    private void syncUp(Path from) throws IOException {
        for (Path each = from; !each.equals(spool); each = parent(each)) {
            syncDirectory(each);
        }
        syncDirectory(spool);
        try {
            syncDirectory(parent(spool));
        } catch (AccessDeniedException e) {
            // A directory of another owner: the process that made the spool in it has synced it.
        }
    }

    static void syncDirectory(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /** Makes what is missing with 0700. */
    static void makeDirectories(Path spool, Path directory) throws IOException {
        if (Files.isDirectory(directory)) {
            return;
        }
        Path absolute = directory.toAbsolutePath();
        if (!absolute.equals(spool.toAbsolutePath())) {
            makeDirectories(spool, parent(absolute));
        } else {
            Files.createDirectories(parent(absolute));
        }
        try {
            Files.createDirectory(
                    absolute, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        } catch (FileAlreadyExistsException e) {
            return; // another process was faster
        }
        syncDirectory(parent(absolute));
    }

    private static Path parent(Path path) {
        Path parent = path.getParent();
        if (parent == null) {
            throw new IllegalArgumentException("not below a directory: '" + path + "'");
        }
        return parent;
    }

    /** Removes the temporary files of killed processes: nobody needs them, and they take room in the spool. */
    void removeLeftOvers() throws IOException {
        if (!Files.isDirectory(directory)) {
            return;
        }
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, TEMPORARY + "*")) {
            for (Path file : files) {
                String name = String.valueOf(file.getFileName());
                int end = name.indexOf('-', TEMPORARY.length());
                String pid = name.substring(TEMPORARY.length(), Math.max(end, TEMPORARY.length()));
                if (isNumber(pid) && ProcessHandle.of(Long.parseLong(pid)).isEmpty()) {
                    Files.deleteIfExists(file);
                }
            }
        }
    }

    private static boolean isNumber(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) < '0' || text.charAt(i) > '9') {
                return false;
            }
        }
        return !text.isEmpty() && text.length() <= 10;
    }
}
