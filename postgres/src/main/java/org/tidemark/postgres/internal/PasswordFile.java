// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.internal;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.tidemark.core.Secret;
import org.tidemark.postgres.ServerAddress;

/**
 * libpq's password file (PostgreSQL: passwordFromFile in fe-connect.c): lines of host:port:database:user:password.
 *
 * @param password the password of the first matching line
 * @param remark the reason why there is no password, for a hint
 */
record PasswordFile(Optional<Secret> password, String remark) {
    // For a unix socket in one of these directories, libpq searches for the host "localhost".
    private static final Set<String> DEFAULT_SOCKET_DIRECTORIES = Set.of("/var/run/postgresql", "/tmp");

    /** Searches for the login; a line matches if it names one of {@code databases}. */
    static PasswordFile find(Path file, ServerAddress address, Set<String> databases, String user) {
        String host = DEFAULT_SOCKET_DIRECTORIES.contains(address.host()) ? "localhost" : address.host();
        String line = "add this line to the file, with mode 0600: " + escaped(host) + ":" + address.port() + ":*:"
                + escaped(user) + ":PASSWORD";
        if (!Files.isRegularFile(file)) {
            return new PasswordFile(Optional.empty(), "there is no password file '" + file + "'; " + line);
        }
        try {
            Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(file);
            if (permissions.stream()
                    .anyMatch(each ->
                            each.name().startsWith("GROUP") || each.name().startsWith("OTHERS"))) {
                return new PasswordFile(
                        Optional.empty(), "the password file '" + file + "' is ignored until its mode is 0600");
            }
            return Files.readAllLines(file, StandardCharsets.UTF_8).stream()
                    .filter(each -> !each.startsWith("#"))
                    .map(PasswordFile::fields)
                    .filter(fields -> fields.size() >= 5
                            && fits(fields.get(0), Set.of(host))
                            && fits(fields.get(1), Set.of(Integer.toString(address.port())))
                            && fits(fields.get(2), databases)
                            && fits(fields.get(3), Set.of(user)))
                    .findFirst()
                    .map(fields ->
                            new PasswordFile(Optional.of(new Secret(fields.get(4))), "it is from '" + file + "'"))
                    .orElseGet(() -> new PasswordFile(Optional.empty(), "no line of '" + file + "' matches; " + line));
        } catch (IOException e) {
            return new PasswordFile(Optional.empty(), "the password file '" + file + "' cannot be read");
        }
    }

    Optional<String> value() {
        return password.map(Secret::value);
    }

    private static String escaped(String field) {
        return field.replace("\\", "\\\\").replace(":", "\\:");
    }

    private static boolean fits(String field, Set<String> values) {
        return field.equals("*") || values.contains(field);
    }

    private static List<String> fields(String line) {
        List<String> fields = new ArrayList<>();
        StringBuilder field = new StringBuilder();
        for (int i = 0; i < line.length(); i++) {
            char next = line.charAt(i);
            if (next == '\\' && i + 1 < line.length()) {
                field.append(line.charAt(++i));
            } else if (next == ':') {
                fields.add(field.toString());
                field.setLength(0);
            } else {
                field.append(next);
            }
        }
        fields.add(field.toString());
        return fields;
    }
}
