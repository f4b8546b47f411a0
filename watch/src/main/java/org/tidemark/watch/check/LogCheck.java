// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.tidemark.config.Environment;
import org.tidemark.config.LogSettings;
import org.tidemark.config.LogSettings.LogFile;
import org.tidemark.config.LogSettings.Service;
import org.tidemark.core.Finding;
import org.tidemark.core.PermissionDenied;

/** Whether the log of this host can be written. It writes nothing. */
final class LogCheck implements Check<CheckedHost> {
    @Override
    public Subject subject() {
        return Subject.LOG;
    }

    @Override
    public List<Finding> look(CheckedHost host) {
        return host.session().configuration().host().log().stream()
                .map(log -> of(log, host.session().environment()))
                .toList();
    }

    private static Finding of(LogSettings settings, Environment environment) {
        Optional<Finding> problem = switch (settings.to()) {
            case LogFile file -> ofFile(file.path());
            case Service service -> ofService(service, environment);
        };
        return problem.orElseGet(() -> Subject.LOG.ok("every command writes to the log '" + settings.to() + "'"));
    }

    private static Optional<Finding> ofFile(Path path) {
        Path directory = path.getParent() == null ? Path.of("/") : path.getParent();
        if (Files.exists(path) ? Files.isWritable(path) : Files.isWritable(directory)) {
            return Optional.empty();
        }
        return Optional.of(
                Files.isDirectory(directory)
                        ? cannotWrite(path, PermissionDenied.describe(path), PermissionDenied.giveAway(path, path))
                        : cannotWrite(
                                path,
                                "there is no directory '" + directory + "'",
                                PermissionDenied.makeDirectory(directory)));
    }

    private static Finding cannotWrite(Path path, String why, String hint) {
        return Subject.LOG.warning(
                "the log '" + path + "' cannot be written: " + why, hint + "; or set host.log to another file.");
    }

    private static Optional<Finding> ofService(Service service, Environment environment) {
        boolean hasProgram = environment.variable("PATH").stream()
                .flatMap(path -> Stream.of(path.split(":", -1)))
                .anyMatch(directory -> Files.isExecutable(Path.of(directory, service.program())));
        if (hasProgram && Files.exists(service.socket())) {
            return Optional.empty();
        }
        return Optional.of(Subject.LOG.warning(
                "the log '" + service + "' cannot be written: "
                        + (hasProgram
                                ? "there is no '" + service.socket() + "'"
                                : "there is no program '" + service.program() + "' in PATH"),
                "Start the service, or set host.log to a file."));
    }
}
