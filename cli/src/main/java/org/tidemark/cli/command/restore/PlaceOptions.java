// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.restore;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tidemark.cli.call.CommandContext;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.restore.request.RestoreRequest;
import picocli.CommandLine.Option;

/** The options for the location of a restored cluster. */
final class PlaceOptions {
    @Option(
            names = "--to",
            paramLabel = "DIR",
            description =
                    "the data directory: new, empty, or with a cluster of the same system identifier, which is updated")
    private @Nullable Path directory;

    @Option(
            names = "--tablespace",
            paramLabel = "NAME=DIR",
            description =
                    "put a tablespace (its name, its OID, or the last part of its old location) into another directory;"
                            + " write \\= for an equals sign in one of them")
    private List<String> tablespaces = new ArrayList<>();

    @Option(
            names = "--tablespaces-below",
            paramLabel = "DIR",
            description = "put each other tablespace into DIR/NAME, where NAME is the name of the tablespace")
    private @Nullable Path below;

    @Option(
            names = "--wal-dir",
            paramLabel = "DIR",
            description = "put pg_wal into this new or empty directory, such as one on another disk, and make pg_wal a"
                    + " link to it")
    private @Nullable Path wal;

    @Option(
            names = "--configuration",
            paramLabel = "beside|restore|none",
            description = "the files that PostgreSQL read outside of its data directory: beside puts them into"
                    + " DIR.configuration, restore where they were; none leaves them out. No file is overwritten. Default: beside, if"
                    + " this host does not have them")
    private @Nullable Configuration configuration;

    /** What an operator may say of the configuration. */
    private enum Configuration {
        BESIDE,
        RESTORE,
        NONE
    }

    /** What becomes of the server's configuration. */
    RestoreRequest.ConfigurationChoice configuration() {
        return switch (configuration) {
            case null -> RestoreRequest.ConfigurationChoice.AUTO;
            case BESIDE -> RestoreRequest.ConfigurationChoice.BESIDE;
            case RESTORE -> RestoreRequest.ConfigurationChoice.RESTORE;
            case NONE -> RestoreRequest.ConfigurationChoice.NONE;
        };
    }

    boolean isGiven() {
        return directory != null;
    }

    /** Every path of the command line, as it was typed. */
    List<Path> paths(Optional<Path> configuration) {
        List<Path> paths = new ArrayList<>();
        Optional.ofNullable(directory).ifPresent(paths::add);
        tablespaces.forEach(text -> {
            String[] parts = text.split("(?<!\\\\)=", -1);
            paths.add(Path.of(parts[parts.length - 1]));
        });
        Optional.ofNullable(below).ifPresent(paths::add);
        Optional.ofNullable(wal).ifPresent(paths::add);
        configuration.ifPresent(paths::add);
        return paths;
    }

    /** Absolute. */
    Path directory(CommandContext context) {
        if (directory == null) {
            throw new UserFacingException(
                    ExitCode.USAGE, "no directory is named", "Name the new data directory, such as --to /pg/restored.");
        }
        if (directory.toString().isEmpty()) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    "--to names no directory",
                    "Name the new data directory, such as --to /pg/restored. Is a shell variable empty?");
        }
        return absolute(context, directory);
    }

    /** Written as for pg_basebackup: an equals sign that belongs to a name has a backslash before it. */
    RestoreRequest.Places tablespaces(CommandContext context) {
        Map<String, Path> places = new LinkedHashMap<>();
        for (String text : tablespaces) {
            String[] parts = text.split("(?<!\\\\)=", -1);
            String name = parts[0].replace("\\=", "=");
            if (parts.length != 2 || name.isEmpty() || parts[1].isEmpty()) {
                throw new UserFacingException(
                        ExitCode.USAGE,
                        "--tablespace '" + text + "' is not NAME=DIR",
                        "Such as --tablespace fast=/mnt/fast. In a name or a directory, write \\= for an equals sign.");
            }
            if (places.put(name, absolute(context, Path.of(parts[1].replace("\\=", "=")))) != null) {
                throw new UserFacingException(
                        ExitCode.USAGE, "--tablespace names '" + name + "' twice", "Name each tablespace once.");
            }
        }
        return new RestoreRequest.Places(
                places, named("--tablespaces-below", below, context), named("--wal-dir", wal, context));
    }

    private static Optional<Path> named(String option, @Nullable Path path, CommandContext context) {
        if (path != null && path.toString().isEmpty()) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    option + " names no directory",
                    "Name one, such as " + option + " /mnt/fast. Is a shell variable empty?");
        }
        return Optional.ofNullable(path).map(each -> absolute(context, each));
    }

    private static Path absolute(CommandContext context, Path path) {
        return context.environment().workingDirectory().resolve(path).normalize();
    }
}
