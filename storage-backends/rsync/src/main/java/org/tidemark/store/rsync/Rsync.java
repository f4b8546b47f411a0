// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.rsync;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.tidemark.ssh.SshException;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;
import org.tidemark.store.rsync.RsyncAddress.Transport;

/** Runs rsync for one store. The runs share a work directory and a connection of ssh. Thread-safe. */
final class Rsync implements AutoCloseable {
    private final RsyncConfig config;
    private final RsyncArguments arguments;
    private final RsyncErrors errors;
    private final RsyncProgram program;
    private final WorkDirectory work;

    Rsync(RsyncConfig config) {
        this.config = config;
        this.arguments = new RsyncArguments(config);
        this.errors = new RsyncErrors(config.address());
        this.program = new RsyncProgram(config, arguments, errors);
        this.work = new WorkDirectory(config.workDirectory());
    }

    RsyncErrors errors() {
        return errors;
    }

    WorkDirectory work() {
        return work;
    }

    /**
     * Fetches or lists files of the store.
     *
     * @param path below the root; empty for the root itself
     * @param to the local directory; empty for a listing
     * @param input the standard input of rsync
     */
    RsyncResult pull(
            Operation operation,
            String what,
            List<String> options,
            String path,
            Optional<Path> to,
            Path input,
            Predicate<String> wanted)
            throws StorageException {
        List<String> places = new ArrayList<>(List.of(arguments.root() + path));
        to.ifPresent(directory -> places.add(directory + "/"));
        return run(operation, what, 0, options, places, Optional.empty(), input, wanted);
    }

    /**
     * Sends files to the store.
     *
     * @param paths in the local directory, and below the root
     * @param sizeBytes of the files that the server has to sync or to read
     * @param input the standard input of rsync
     */
    RsyncResult push(
            Operation operation,
            String what,
            List<String> options,
            Path directory,
            List<String> paths,
            long sizeBytes,
            Path input,
            Predicate<String> wanted)
            throws StorageException {
        List<String> places = new ArrayList<>(paths);
        places.add(arguments.root());
        return run(operation, what, sizeBytes, options, places, Optional.of(directory), input, wanted);
    }

    /** Does the same as {@link #push} to another directory than the root. */
    RsyncResult pushTo(Operation operation, List<String> options, Path directory, String path, String target)
            throws StorageException {
        return run(
                operation,
                "",
                0,
                options,
                List.of(path, config.address().remote(target)),
                Optional.of(directory),
                RsyncProgram.NO_INPUT,
                line -> true);
    }

    private RsyncResult run(
            Operation operation,
            String what,
            long sizeBytes,
            List<String> options,
            List<String> places,
            Optional<Path> directory,
            Path input,
            Predicate<String> wanted)
            throws StorageException {
        boolean lost = true;
        try {
            List<String> command = arguments.start(sizeBytes);
            command.addAll(options);
            command.add("--");
            command.addAll(places);
            RsyncResult ended = program.run(
                    new RsyncProgram.Run(operation, what, command, directory.orElse(Path.of("/")), input), wanted);
            lost = ended.lostConnection();
            return ended;
        } catch (SshException e) {
            throw errors.ssh(operation, what, e);
        } catch (IOException e) {
            throw errors.of(operation, what, e);
        } finally {
            if (lost && config.address().transport() == Transport.SSH) {
                config.ssh().leaveShared();
            }
        }
    }

    @Override
    public void close() {
        work.close();
    }
}
