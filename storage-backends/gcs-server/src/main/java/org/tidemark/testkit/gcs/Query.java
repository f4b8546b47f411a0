// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit.gcs;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/** The parameters of a request. Each operation names those it knows; any other is refused. Immutable. */
final class Query {
    /** Standard parameters that change nothing here, and the two that are looked at for every request. */
    private static final Set<String> STANDARD =
            Set.of("alt", "fields", "prettyPrint", "quotaUser", "userIp", "userProject", "projection");

    private final String raw;
    private final Map<String, List<String>> values = new LinkedHashMap<>();

    Query(String raw) {
        this.raw = raw;
        for (String pair : raw.isEmpty() ? new String[0] : raw.split("&", -1)) {
            int equals = pair.indexOf('=');
            String name = decode(equals < 0 ? pair : pair.substring(0, equals));
            String value = equals < 0 ? "" : decode(pair.substring(equals + 1));
            values.computeIfAbsent(name, key -> new ArrayList<>()).add(value);
        }
    }

    private static String decode(String encoded) {
        try {
            return URLDecoder.decode(encoded, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw ApiError.invalid("not percent-encoded: '" + encoded + "'");
        }
    }

    /** As it was sent. */
    String raw() {
        return raw;
    }

    /** Refuses what is neither standard nor in this list. */
    void allow(String... names) {
        Set<String> known = Set.of(names);
        for (String name : values.keySet()) {
            if (!STANDARD.contains(name) && !known.contains(name)) {
                throw ApiError.invalidParameter(name, "this server does not implement the parameter '" + name + "'");
            }
        }
        String projection = text("projection").orElse("noAcl");
        if (!projection.equals("noAcl") && !projection.equals("full")) {
            throw ApiError.invalidParameter("projection", "Invalid value for projection: " + projection);
        }
    }

    Optional<String> text(String name) {
        List<String> given = values.getOrDefault(name, List.of());
        if (given.size() > 1) {
            throw ApiError.invalidParameter(name, "the parameter '" + name + "' is given more than once");
        }
        return given.stream().findFirst();
    }

    List<String> all(String name) {
        return List.copyOf(values.getOrDefault(name, List.of()));
    }

    /** An int64 that is not negative. */
    OptionalLong number(String name) {
        Optional<String> text = text(name);
        if (text.isEmpty()) {
            return OptionalLong.empty();
        }
        try {
            long value = Long.parseLong(text.get());
            if (value >= 0) {
                return OptionalLong.of(value);
            }
        } catch (NumberFormatException e) {
            // Refused below.
        }
        throw ApiError.invalidParameter(name, "Invalid value for " + name + ": '" + text.get() + "'");
    }
}
