// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.internal;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.postgres.ClientEnvironment;

/** libpq's connection service file (PostgreSQL: parseServiceInfo in fe-connect.c). */
final class ServiceFile {
    private ServiceFile() {}

    /**
     * The keywords of a service, from the user's file or otherwise from the system's file.
     *
     * @throws UserFacingException USAGE if no file has the service, or the file cannot be read
     */
    static Map<String, String> read(String service, ClientEnvironment environment) {
        List<Path> files = candidates(environment);
        for (Path file : files) {
            Optional<Map<String, String>> found = Files.exists(file) ? section(service, file) : Optional.empty();
            if (found.isPresent()) {
                return found.get();
            }
        }
        throw new UserFacingException(
                ExitCode.USAGE,
                "there is no connection service '" + service + "'",
                "Looked into "
                        + String.join(
                                " and ", files.stream().map(Path::toString).toList())
                        + "; is PGSERVICEFILE meant to name another file?");
    }

    private static List<Path> candidates(ClientEnvironment environment) {
        Path own = environment
                .variable("PGSERVICEFILE")
                .map(Path::of)
                .orElseGet(() -> environment.home().resolve(".pg_service.conf"));
        return Stream.concat(
                        Stream.of(own),
                        environment
                                .variable("PGSYSCONFDIR")
                                .map(directory -> Path.of(directory, "pg_service.conf"))
                                .stream())
                .toList();
    }

    private static Optional<Map<String, String>> section(String service, Path file) {
        Map<String, String> pairs = new LinkedHashMap<>();
        boolean inside = false;
        int number = 0;
        for (String line : lines(file)) {
            number++;
            String text = line.strip();
            if (text.isEmpty() || text.startsWith("#")) {
                continue;
            }
            if (text.startsWith("[")) {
                if (inside) {
                    break;
                }
                inside = text.equals("[" + service + "]");
            } else if (inside) {
                int equals = text.indexOf('=');
                if (equals < 1) {
                    throw new UserFacingException(
                            ExitCode.USAGE,
                            "line " + number + " of the service file '" + file + "' is not key=value",
                            "Write one key=value on each line, without blanks around '='.");
                }
                pairs.putIfAbsent(text.substring(0, equals), text.substring(equals + 1));
            }
        }
        return inside ? Optional.of(pairs) : Optional.empty();
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    "cannot read the service file '" + file + "'",
                    "Can this user read it, and is it UTF-8?",
                    e);
        }
    }
}
