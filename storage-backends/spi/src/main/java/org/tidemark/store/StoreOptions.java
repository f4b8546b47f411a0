// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import org.tidemark.core.Durations;
import org.tidemark.core.Secret;
import org.tidemark.core.Sizes;
import org.tidemark.core.TimeLimits;

/**
 * The options of a store, as typed values. Every method throws {@link IllegalArgumentException} for an invalid value;
 * the message names the option and the expected values. Immutable.
 */
public final class StoreOptions {
    private final Map<String, String> options;
    private final Function<String, Optional<String>> environment;

    /** Options that may also read the environment of this process. */
    public StoreOptions(Map<String, String> options) {
        this(options, name -> Optional.ofNullable(System.getenv(name)));
    }

    /** @param environment gives a variable's value; empty if the variable is not set */
    public StoreOptions(Map<String, String> options, Function<String, Optional<String>> environment) {
        this.options = Map.copyOf(options);
        this.environment = environment;
    }

    public Optional<String> text(String name) {
        return Optional.ofNullable(options.get(name));
    }

    /** A variable of the environment; an empty variable counts as not set. */
    public Optional<String> variable(String name) {
        return environment.apply(name).filter(value -> !value.isEmpty());
    }

    public Optional<String> text(StoreOption option) {
        return text(option.name());
    }

    /** The value of a flag. */
    public boolean flag(StoreOption option, boolean defaultValue) {
        Optional<String> text = text(option);
        if (text.isEmpty()) {
            return defaultValue;
        }
        return switch (text.get()) {
            case "true" -> true;
            case "false" -> false;
            default -> throw wrong(option, text.get());
        };
    }

    /** One of the values of a choice. */
    public String choice(StoreOption option) {
        String text = textOrDefault(option);
        if (!option.values().contains(text)) {
            throw wrong(option, text);
        }
        return text;
    }

    public int number(StoreOption option) {
        String text = textOrDefault(option);
        try {
            int number = Integer.parseInt(text);
            if (number >= option.min() && number <= option.max()) {
                return number;
            }
        } catch (NumberFormatException e) {
            // The exception below names the valid values.
        }
        throw wrong(option, text);
    }

    /** A positive duration. */
    public Duration duration(StoreOption option) {
        String text = textOrDefault(option);
        return Durations.parse(text).filter(Duration::isPositive).orElseThrow(() -> wrong(option, text));
    }

    /** The limits of the options, and the default of every option that is not set. */
    public TimeLimits timeLimits() {
        return new TimeLimits(
                duration(NetworkOptions.CONNECT), duration(NetworkOptions.READ), duration(NetworkOptions.REQUEST));
    }

    /** A size in bytes. */
    public long size(StoreOption option) {
        String text = textOrDefault(option);
        OptionalLong size = Sizes.parse(text);
        if (size.isEmpty() || size.getAsLong() < option.min() || size.getAsLong() > option.max()) {
            throw wrong(option, text);
        }
        return size.getAsLong();
    }

    /** @throws IllegalStateException if the option is not set and has no default: ask {@link #text} first */
    private String textOrDefault(StoreOption option) {
        Optional<String> text = text(option);
        if (text.isEmpty() && option.defaultValue().isEmpty()) {
            throw new IllegalStateException("'" + option + "' has no default");
        }
        return text.isPresent() ? text.get() : option.defaultValue().get();
    }

    /** An absolute path. */
    public Optional<Path> path(StoreOption option) {
        return path(option.name());
    }

    /** An absolute path. */
    public Optional<Path> path(String name) {
        String text = options.get(name);
        if (text == null) {
            return Optional.empty();
        }
        try {
            Path path = Path.of(text);
            if (path.isAbsolute()) {
                return Optional.of(path.normalize());
            }
        } catch (InvalidPathException e) {
            // The exception below names the valid values.
        }
        throw wrong(name, text, "an absolute path");
    }

    /**
     * A secret: the first line of the file {@code NAME-file}, the first line that the command {@code NAME-command}
     * prints, or a variable of the environment. An option takes precedence over the variable.
     *
     * @param name such as {@code password}: the secret itself is never an option
     * @param variable such as {@code RSYNC_PASSWORD}
     */
    public Optional<Secret> secret(String name, String variable) {
        return secret(name, SecretReader.Extent.FIRST_LINE)
                .or(() -> variable(variable).map(Secret::new));
    }

    /**
     * A secret of several lines, such as a key in JSON: the whole content of the file {@code NAME-file}, or the whole
     * output of the command {@code NAME-command}.
     */
    public Optional<Secret> secretText(String name) {
        return secret(name, SecretReader.Extent.ALL);
    }

    private Optional<Secret> secret(String name, SecretReader.Extent extent) {
        Optional<Path> file = path(name + "-file");
        Optional<String> command = text(name + "-command");
        if (file.isPresent() && command.isPresent()) {
            throw new IllegalArgumentException(
                    "both '" + name + "-file' and '" + name + "-command' are given (expected one of them)");
        }
        return file.map(path -> SecretReader.ofFile(name + "-file", path, extent))
                .or(() -> command.map(text -> SecretReader.ofCommand(name + "-command", text, extent)));
    }

    private static IllegalArgumentException wrong(StoreOption option, String text) {
        return wrong(option.name(), text, option.expected());
    }

    /** The exception for a value that has the option's type, but is invalid. */
    public static IllegalArgumentException wrong(StoreOption option, String text, String expected) {
        return wrong(option.name(), text, expected);
    }

    /** The exception for an invalid value of an option. */
    public static IllegalArgumentException wrong(String name, String text, String expected) {
        return new IllegalArgumentException(
                "invalid value of '" + name + "': '" + text + "' (expected " + expected + ")");
    }
}
