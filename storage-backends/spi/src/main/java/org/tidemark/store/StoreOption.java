// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One option of a kind of store, as its {@link StoreDeclaration} declares it: the only place that says its name, what
 * is a value, and what holds without it. Immutable.
 *
 * @param name such as {@code storage-class}
 * @param expected what a right value looks like, for messages: "a duration, such as 30s"
 * @param values of a choice, the default first; empty for the other types
 * @param least of a number or a size in bytes
 * @param most of a number or a size in bytes
 * @param usual what holds where the option is not set, written as a value; empty if nothing does, or if it depends
 * @param partOfIdentity whether two values mean two servers, or two parts of one: then the same address with another
 *     value is another repository
 * @param secret whether a value may contain a password, as an address can, and is shown without it
 */
public record StoreOption(
        String name,
        Type type,
        String expected,
        List<String> values,
        long least,
        long most,
        Optional<String> usual,
        boolean partOfIdentity,
        boolean secret) {
    /** What the text of a value stands for. */
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

    private static StoreOption of(String name, Type type, String expected, Optional<String> usual) {
        return new StoreOption(name, type, expected, List.of(), 0, Long.MAX_VALUE, usual, false, false);
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

    public static StoreOption number(String name, int least, int most, int usual) {
        return number(name, least, most).usually(Integer.toString(usual));
    }

    /** A number without a default. */
    public static StoreOption number(String name, int least, int most) {
        return new StoreOption(
                name,
                Type.NUMBER,
                "a number from " + least + " to " + most,
                List.of(),
                least,
                most,
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
     * @param usual such as {@code 30s}
     */
    public static StoreOption duration(String name, String usual) {
        return of(name, Type.DURATION, "a duration, such as 30s", Optional.of(usual));
    }

    /**
     * A size within limits.
     *
     * @param least in bytes
     * @param most in bytes
     * @param usual such as {@code 8MiB}
     */
    public static StoreOption size(String name, long least, long most, String usual) {
        return new StoreOption(
                name,
                Type.SIZE,
                "a size from " + least + " to " + most + " bytes, such as 16MiB",
                List.of(),
                least,
                most,
                Optional.of(usual),
                false,
                false);
    }

    public static StoreOption path(String name) {
        return of(name, Type.PATH, "an absolute path", Optional.empty());
    }

    /** The address of a server; an operator may have written a password into it. */
    public static StoreOption address(String name, String expected) {
        return new StoreOption(name, Type.ADDRESS, expected, List.of(), 0, 0, Optional.empty(), false, true);
    }

    /** Where a secret is read from: the file {@code NAME-file}, or what the command {@code NAME-command} prints. */
    public static List<StoreOption> secret(String name) {
        return List.of(path(name + "-file"), text(name + "-command", "a command of the shell"));
    }

    /** All of these lists, one after the other. */
    @SafeVarargs
    public static List<StoreOption> all(List<StoreOption>... lists) {
        List<StoreOption> all = new ArrayList<>();
        for (List<StoreOption> list : lists) {
            all.addAll(list);
        }
        return List.copyOf(all);
    }

    /** The same option, which tells two servers apart. */
    public StoreOption ofIdentity() {
        return new StoreOption(name, type, expected, values, least, most, usual, true, secret);
    }

    /** The same option with a default. */
    public StoreOption usually(String value) {
        return new StoreOption(name, type, expected, values, least, most, Optional.of(value), partOfIdentity, secret);
    }

    /** The name, so that messages can be built with it. */
    @Override
    public String toString() {
        return name;
    }
}
