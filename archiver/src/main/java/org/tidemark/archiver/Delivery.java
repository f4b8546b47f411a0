// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.tidemark.catalog.DamagedObjectException;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.store.StorageException;

/**
 * Puts a file where PostgreSQL expects it: beside the target first, checked and synced, then renamed, then the
 * directory synced. The target is never a part of a file, nor an unchecked one. Not thread-safe.
 */
final class Delivery {
    private static final String MARK = ".tidemark-";
    private static final AtomicInteger NUMBER = new AtomicInteger();

    private final Path target;
    private final Path directory;
    private final Runnable beforeRename;

    /** @param beforeRename throws if the file must not appear any more */
    Delivery(Path target, Runnable beforeRename) {
        this.beforeRename = beforeRename;
        this.target = target.toAbsolutePath();
        Path parent = this.target.getParent();
        if (parent == null) {
            throw new IllegalArgumentException("not a file: '" + target + "'");
        }
        this.directory = parent;
    }

    /** Writes what was read; it throws if the content is not what it should be. */
    @FunctionalInterface
    interface Content {
        void writeTo(OutputStream out) throws IOException;
    }

    /**
     * Delivers {@code content}; leaves nothing at the target if it throws.
     *
     * @throws UserFacingException if the local file could not be written; what {@code content} threw otherwise
     */
    void deliver(Content content) throws IOException {
        try {
            write(content);
        } catch (StorageException | DamagedObjectException e) {
            throw e;
        } catch (IOException e) {
            throw new UserFacingException(
                    ExitCode.LOCAL_FILES,
                    "cannot write '" + target + "': " + e.getMessage(),
                    "Is there room on the disk, and may this user write in '" + directory + "'?",
                    e);
        }
    }

    private void write(Content content) throws IOException {
        removeLeftOvers();
        // Several repositories may deliver at once, until one of them is first.
        Path temporary = directory.resolve(
                target.getFileName() + MARK + ProcessHandle.current().pid() + "." + NUMBER.incrementAndGet());
        Files.deleteIfExists(temporary); // of a process that had this number before
        try {
            try (FileChannel channel = FileChannel.open(
                            temporary,
                            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
                    OutputStream out = Channels.newOutputStream(channel)) {
                content.writeTo(out);
                channel.force(true);
            }
            beforeRename.run();
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(temporary);
        }
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /**
     * Removes the temporary file of a killed predecessor, which would stay for ever; a living one still writes its own.
     */
    private void removeLeftOvers() throws IOException {
        String prefix = target.getFileName() + MARK;
        for (String name : FileNames.in(directory)) {
            if (name.startsWith(prefix)) {
                String rest = name.substring(prefix.length());
                int dot = rest.indexOf('.');
                String pid = dot < 0 ? rest : rest.substring(0, dot);
                if (pid.matches("[0-9]{1,10}")
                        && ProcessHandle.of(Long.parseLong(pid)).isEmpty()) {
                    Files.deleteIfExists(directory.resolve(name));
                }
            }
        }
    }
}
