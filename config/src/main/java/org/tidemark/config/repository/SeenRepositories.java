// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config.repository;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import org.tidemark.catalog.RepositoryId;
import org.tidemark.core.DurableFile;
import org.tidemark.core.ExitCode;
import org.tidemark.core.PermissionDenied;
import org.tidemark.core.Sha256;
import org.tidemark.core.UserFacingException;

/**
 * Remembers on this host which repository it saw first at each address, so that an unmounted disk or a changed address
 * is not taken for a new beginning. One file for each address. Thread-safe, and safe between processes.
 */
final class SeenRepositories {
    private final Path directory;

    /** @param directory made when there is something to remember; the directory that holds it must exist by then */
    SeenRepositories(Path directory) {
        this.directory = directory;
    }

    /**
     * The id that was seen first at this address.
     *
     * @param address without any secret, always written the same way
     * @throws UserFacingException with LOCAL_FILES if the file cannot be read
     */
    Optional<RepositoryId> expectedId(String address) {
        Path file = file(address);
        try {
            String content = Files.readString(file);
            int end = content.indexOf('\n');
            return Optional.of(new RepositoryId(content.substring(0, Math.max(end, 0))));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (AccessDeniedException e) {
            throw new UserFacingException(
                    ExitCode.LOCAL_FILES,
                    "cannot read '" + file + "', where this host remembers which repository is at " + address + ": "
                            + PermissionDenied.describe(file),
                    PermissionDenied.giveAway(spool(), file),
                    e);
        } catch (IOException | IllegalArgumentException e) {
            throw new UserFacingException(
                    ExitCode.LOCAL_FILES,
                    "cannot read '" + file + "', where this host remembers which repository is at " + address + ": "
                            + e.getMessage(),
                    "If the file is broken, remove it: the repository is then remembered again.",
                    e);
        }
    }

    /**
     * Remembers the repository at an address, for good; durable when this returns.
     *
     * @throws UserFacingException with OTHER_REPOSITORY if another one is remembered, or with LOCAL_FILES
     */
    void remember(String address, RepositoryId id) {
        Optional<RepositoryId> known = expectedId(address);
        if (known.isEmpty()) {
            try {
                write(file(address), id.value() + "\n" + address + "\n");
            } catch (AccessDeniedException e) {
                throw new UserFacingException(
                        ExitCode.LOCAL_FILES,
                        "cannot remember in '" + directory + "' which repository is at " + address + ": "
                                + PermissionDenied.describe(directory),
                        PermissionDenied.giveAway(spool(), directory),
                        e);
            } catch (IOException e) {
                throw new UserFacingException(
                        ExitCode.LOCAL_FILES,
                        "cannot remember in '" + directory + "' which repository is at " + address + ": "
                                + e.getMessage(),
                        "Make room on that file system.",
                        e);
            }
            known = expectedId(address);
        }
        if (!known.equals(Optional.of(id))) {
            throw new UserFacingException(
                    ExitCode.OTHER_REPOSITORY,
                    "another repository than before is at " + address + ": this host remembers "
                            + known.map(RepositoryId::value).orElse("none") + ", found " + id,
                    "Check that the right disk is mounted, and that the address is right.");
        }
    }

    /**
     * Forgets the repository at an address, since it was replaced on purpose; durable when this returns.
     *
     * @return the repository that was remembered
     */
    Optional<RepositoryId> forget(String address) throws IOException {
        Optional<RepositoryId> known = expectedId(address);
        if (known.isPresent()) {
            Files.deleteIfExists(file(address));
            DurableFile.sync(directory);
        }
        return known;
    }

    private Path spool() {
        Path above = directory.toAbsolutePath().getParent();
        return above == null ? directory : above;
    }

    private Path file(String address) {
        return directory.resolve(
                Sha256.of(address.getBytes(StandardCharsets.UTF_8)).hex());
    }

    private void write(Path file, String content) throws IOException {
        makeDirectory();
        try {
            // Of two processes the first one wins, and the second reads what it wrote.
            DurableFile.create(file, content.getBytes(StandardCharsets.UTF_8), DurableFile.mode(0600));
        } catch (FileAlreadyExistsException e) {
            // The other process may not have synced it yet.
            DurableFile.sync(directory);
        }
    }

    private void makeDirectory() throws IOException {
        if (!Files.isDirectory(directory)) {
            try {
                Files.createDirectory(directory);
                // Whatever the umask is, as everything in the spool.
                Files.setPosixFilePermissions(directory, DurableFile.permissions(0700));
            } catch (FileAlreadyExistsException e) {
                // Another process was faster.
            }
            Path parent = directory.toAbsolutePath().getParent();
            if (parent != null) {
                DurableFile.sync(parent);
            }
        }
    }
}
