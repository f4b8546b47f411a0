// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One option of a kind of store, declared in its {@link StoreDeclaration}: its name, its valid values and its default.
 * Immutable.
 *
 * @param name such as {@code storage-class}
 * @param expected the form of a valid value, for messages: "a duration, such as 30s"
 * @param values of a choice, the default first; empty for the other types
 * @param min of a number or a size in bytes
 * @param max of a number or a size in bytes
 * @param defaultValue the value of an option that is not set; empty if there is no default, or if it depends on other
 *     options
 * @param partOfIdentity whether different values mean different servers or parts of a server: then the same address
 *     with another value is another repository
 * @param secret whether a value may contain a password, as an address can; it is shown without the password
 */
public record StoreOption(
        String name,
        Type type,
        String expected,
        List<String> values,
        long min,
        long max,
        Optional<String> defaultValue,
        boolean partOfIdentity,
        boolean secret) {
    /** The type of a value. */
    public enum Type {
        TEXT,
        CHOICE,
        FLAG,
        NUMBER,
        DURATION,
        SIZE,
        PATH,
        ADDRESS
    }

    public StoreOption {
        values = List.copyOf(values);
    }

    private static StoreOption of(String name, Type type, String expected, Optional<String> defaultValue) {
        return new StoreOption(name, type, expected, List.of(), 0, Long.MAX_VALUE, defaultValue, false, false);
    }

    /** Any text. */
    public static StoreOption text(String name, String expected) {
        return of(name, Type.TEXT, expected, Optional.empty());
    }

    /** One of several words; the first one is the default. */
    public static StoreOption choice(String name, String... values) {
        List<String> all = List.of(values);
        return new StoreOption(
                name, Type.CHOICE, "one of " + all, all, 0, 0, Optional.of(all.getFirst()), false, false);
    }

    /** {@code true} or {@code false}; the default depends on other options. */
    public static StoreOption flag(String name) {
        return of(name, Type.FLAG, "true or false", Optional.empty());
    }

    public static StoreOption number(String name, int min, int max, int defaultValue) {
        return number(name, min, max).withDefault(Integer.toString(defaultValue));
    }

    /** A number without a default. */
    public static StoreOption number(String name, int min, int max) {
        return new StoreOption(
                name,
                Type.NUMBER,
                "a number from " + min + " to " + max,
                List.of(),
                min,
                max,
                Optional.empty(),
                false,
                false);
    }

    /** A positive duration without a default: nothing is limited, or locked. */
    public static StoreOption duration(String name) {
        return of(name, Type.DURATION, "a duration, such as 30s", Optional.empty());
    }

    /**
     * A positive duration.
     *
     * @param defaultValue such as {@code 30s}
     */
    public static StoreOption duration(String name, String defaultValue) {
        return of(name, Type.DURATION, "a duration, such as 30s", Optional.of(defaultValue));
    }

    /**
     * A size within limits.
     *
     * @param min in bytes
     * @param max in bytes
     * @param defaultValue such as {@code 8MiB}
     */
    public static StoreOption size(String name, long min, long max, String defaultValue) {
        return new StoreOption(
                name,
                Type.SIZE,
                "a size from " + min + " to " + max + " bytes, such as 16MiB",
                List.of(),
                min,
                max,
                Optional.of(defaultValue),
                false,
                false);
    }

    public static StoreOption path(String name) {
        return of(name, Type.PATH, "an absolute path", Optional.empty());
    }

    /** The address of a server, which may contain a password by mistake. */
    public static StoreOption address(String name, String expected) {
        return new StoreOption(name, Type.ADDRESS, expected, List.of(), 0, 0, Optional.empty(), false, true);
    }

    /** The sources of a secret: the file {@code NAME-file}, or the output of the command {@code NAME-command}. */
    public static List<StoreOption> secret(String name) {
        return List.of(path(name + "-file"), text(name + "-command", "a command of the shell"));
    }

    /** An option for each of these paths. */
    public static List<StoreOption> paths(List<String> names) {
        return names.stream().map(StoreOption::path).toList();
    }

    /** The sources of each of these secrets. */
    public static List<StoreOption> secrets(List<String> names) {
        return names.stream().flatMap(name -> secret(name).stream()).toList();
    }

    /** Joins these lists. */
    @SafeVarargs
    public static List<StoreOption> all(List<StoreOption>... lists) {
        List<StoreOption> all = new ArrayList<>();
        for (List<StoreOption> list : lists) {
            all.addAll(list);
        }
        return List.copyOf(all);
    }

    /** The same option as a part of the identity of a server. */
    public StoreOption ofIdentity() {
        return new StoreOption(name, type, expected, values, min, max, defaultValue, true, secret);
    }

    /** The same option with a default. */
    public StoreOption withDefault(String value) {
        return new StoreOption(name, type, expected, values, min, max, Optional.of(value), partOfIdentity, secret);
    }

    /** The name, for messages. */
    @Override
    public String toString() {
        return name;
    }
}
