// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.output;

import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.tidemark.core.JsonText;
import org.tidemark.core.UtcTime;

/**
 * A JSON object that a command prints, its members in the order in which they were put. Their names are what other
 * programs rely on, so they are written where they are put, and not taken from names in the program. Not thread-safe.
 */
public final class Document {
    private final Map<String, @Nullable Object> members = new LinkedHashMap<>();

    /** What a command prints: it begins with the version of its form. */
    public static Document versioned() {
        return new Document().put("formatVersion", 1);
    }

    /**
     * Puts a member.
     *
     * @param value an {@link Optional}, whose member is left out if it is empty; a {@link Document}, {@link Map},
     *     {@link Iterable}, string, number, boolean, enum, {@link Path} or null; or an {@link Instant}, which is
     *     written in UTC with microseconds
     */
    public Document put(String name, @Nullable Object value) {
        if (!(value instanceof Optional<?> optional)) {
            members.put(name, plain(value));
        } else if (optional.isPresent()) {
            members.put(name, plain(optional.get()));
        }
        return this;
    }

    /** Begins a list; {@link Items#each} puts it. */
    public <T> Items<T> list(String name, Iterable<T> items) {
        return new Items<>(this, name, items);
    }

    /** A list that is to be put into a document. */
    public record Items<T>(Document document, String name, Iterable<T> items) {
        /** Puts what {@code describe} makes of each item. */
        public Document each(Function<T, ?> describe) {
            List<Object> values = new ArrayList<>();
            items.forEach(item -> values.add(describe.apply(item)));
            return document.put(name, values);
        }
    }

    private static @Nullable Object plain(@Nullable Object value) {
        return switch (value) {
            case null -> null;
            case Document document -> document.members;
            case Instant time -> UtcTime.iso(time);
            case Enum<?> name -> name.toString();
            // An iterable, too: of the names in it.
            case Path path -> path.toString();
            case Iterable<?> items -> {
                List<@Nullable Object> values = new ArrayList<>();
                items.forEach(item -> values.add(plain(item)));
                yield values;
            }
            default -> value;
        };
    }

    /** The same, with every string that has one of these names changed, at any depth. */
    Document completed(Set<String> names, UnaryOperator<String> change) {
        Document completed = new Document();
        members.forEach((name, value) -> completed.members.put(name, completed(name, value, names, change)));
        return completed;
    }

    private static @Nullable Object completed(
            String name, @Nullable Object value, Set<String> names, UnaryOperator<String> change) {
        return switch (value) {
            case String text when names.contains(name) -> change.apply(text);
            case Map<?, ?> map -> {
                Map<String, @Nullable Object> members = new LinkedHashMap<>();
                map.forEach((key, member) -> members.put((String) key, completed((String) key, member, names, change)));
                yield members;
            }
            case List<?> items -> {
                List<@Nullable Object> values = new ArrayList<>();
                items.forEach(item -> values.add(completed("", item, names, change)));
                yield values;
            }
            case null, default -> value;
        };
    }

    /** The text on one line. */
    public String line() {
        return JsonText.of(members);
    }

    /** The text as it stands on stdout. */
    @Override
    public String toString() {
        return JsonText.pretty(members);
    }
}
