// SPDX-License-Identifier: Apache-2.0
package org.tidemark.view;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.core.ClusterName;
import org.tidemark.core.JsonText;
import org.tidemark.core.Lsn;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.Timeline;
import org.tidemark.core.UtcTime;
import org.tidemark.core.WalFile;

/**
 * Writes views as JSON. A view is a record that declares an object: its components are the members, in their order and
 * under their names, on which other programs rely. An empty {@link Optional} leaves its member out. A record of another
 * module is part of a view where its components are exactly the members. Thread-safe.
 */
public final class Json {
    /** The members whose text contains commands to copy. */
    private static final Set<String> COPIED = Set.of("hint", "text");

    private final Map<Class<?>, List<Member>> known = new ConcurrentHashMap<>();
    private final UnaryOperator<String> complete;

    /** Puts the members of this component's view among those of the object around it. */
    @Retention(RetentionPolicy.RUNTIME)
    @Target(ElementType.RECORD_COMPONENT)
    public @interface Inline {}

    private record Member(String name, Method accessor, boolean isInline) {
        static Member of(RecordComponent component) {
            Method accessor = component.getAccessor();
            // A view may be private to its command.
            accessor.setAccessible(true);
            return new Member(component.getName(), accessor, component.isAnnotationPresent(Inline.class));
        }

        @Nullable
        Object of(Record view) {
            try {
                return accessor.invoke(view);
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException("cannot read '" + name + "' of " + view.getClass(), e);
            }
        }
    }

    /** @param complete what is done to every {@code hint} and {@code text}, to complete the commands in it */
    public Json(UnaryOperator<String> complete) {
        this.complete = complete;
    }

    /** The views of some items, as the list of another view. */
    public static <T, V> List<V> list(Iterable<T> items, Function<? super T, V> view) {
        List<V> views = new ArrayList<>();
        items.forEach(item -> views.add(view.apply(item)));
        return views;
    }

    /** The views of the entries of a map, as the list of another view. */
    public static <K, T, V> List<V> list(Map<K, T> items, BiFunction<? super K, ? super T, V> view) {
        return list(items.entrySet(), each -> view.apply(each.getKey(), each.getValue()));
    }

    /** The members of a whole document, which begins with the version of its format. */
    public Map<String, @Nullable Object> document(Record view) {
        Map<String, @Nullable Object> members = new LinkedHashMap<>();
        members.put("formatVersion", 1);
        write(view, members);
        return members;
    }

    /** An object on one line, without the version of a format. */
    public String line(Record view) {
        return JsonText.of(value(view));
    }

    private void write(Record view, Map<String, @Nullable Object> members) {
        List<Member> declared = known.computeIfAbsent(
                view.getClass(),
                type -> Stream.of(type.getRecordComponents()).map(Member::of).toList());
        for (Member member : declared) {
            Object value = member.of(view);
            if (value instanceof OptionalLong number) {
                value = number.stream().boxed().findFirst();
            }
            if (value instanceof Optional<?> optional) {
                if (optional.isEmpty()) {
                    continue;
                }
                value = optional.get();
            }
            if (member.isInline() && value instanceof Record inner) {
                write(inner, members);
            } else if (value instanceof String text && COPIED.contains(member.name())) {
                members.put(member.name(), complete.apply(text));
            } else {
                members.put(member.name(), value(value));
            }
        }
    }

    /** A value that {@link JsonText} can write, or refuses. */
    private @Nullable Object value(@Nullable Object value) {
        return switch (value) {
            case Instant time -> UtcTime.iso(time);
            case Timeline timeline -> timeline.id();
            case Lsn _, WalFile _, BackupId _, ClusterName _, SystemIdentifier _, Enum<?> _ -> String.valueOf(value);
            // Before iterables: a path is one, too, of the names in it.
            case Path path -> path.toString();
            case Record view -> {
                Map<String, @Nullable Object> members = new LinkedHashMap<>();
                write(view, members);
                yield members;
            }
            case Map<?, ?> map -> {
                Map<String, @Nullable Object> members = new LinkedHashMap<>();
                map.forEach((name, member) -> members.put(String.valueOf(name), value(member)));
                yield members;
            }
            case Iterable<?> items -> {
                List<@Nullable Object> values = new ArrayList<>();
                items.forEach(item -> values.add(value(item)));
                yield values;
            }
            case null, default -> value;
        };
    }
}
