// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.internal;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The form {@code postgresql://user@host:port/database?key=value} (PostgreSQL: conninfo_uri_parse in fe-connect.c). */
final class ConninfoUri {
    private ConninfoUri() {}

    static boolean isUri(String text) {
        return text.startsWith("postgresql://") || text.startsWith("postgres://");
    }

    /** Throws an IllegalArgumentException that names the invalid part, and never shows a value. */
    static Map<String, String> parse(String text) {
        Map<String, String> pairs = new LinkedHashMap<>();
        String rest = text.substring(text.indexOf("://") + 3);
        int question = rest.indexOf('?');
        String parameters = question < 0 ? "" : rest.substring(question + 1);
        rest = question < 0 ? rest : rest.substring(0, question);
        int slash = rest.indexOf('/');
        if (slash >= 0) {
            put(pairs, "dbname", rest.substring(slash + 1));
            rest = rest.substring(0, slash);
        }
        int at = rest.lastIndexOf('@');
        if (at >= 0) {
            String[] login = rest.substring(0, at).split(":", 2);
            put(pairs, "user", login[0]);
            put(pairs, "password", login.length > 1 ? login[1] : "");
        }
        putHosts(pairs, rest.substring(at + 1));
        for (String parameter : parameters.isEmpty() ? new String[0] : parameters.split("&", -1)) {
            String[] pair = parameter.split("=", -1);
            if (pair.length != 2) {
                throw new IllegalArgumentException("the parameter '" + pair[0] + "' is not key=value");
            }
            pairs.put(decode(pair[0]), decode(pair[1]));
        }
        return pairs;
    }

    private static void putHosts(Map<String, String> pairs, String list) {
        List<String> hosts = new ArrayList<>();
        List<String> ports = new ArrayList<>();
        for (String each : list.split(",", -1)) {
            // An IPv6 address is in brackets, which separate its colons from that of the port.
            int bracket = each.startsWith("[") ? each.indexOf(']') : 0;
            if (bracket < 0) {
                throw new IllegalArgumentException("an IPv6 address has no ']'");
            }
            int colon = each.indexOf(':', bracket);
            String host = colon < 0 ? each : each.substring(0, colon);
            hosts.add(decode(host.startsWith("[") ? host.substring(1, bracket) : host));
            ports.add(colon < 0 ? "" : decode(each.substring(colon + 1)));
        }
        putList(pairs, "host", hosts);
        putList(pairs, "port", ports);
    }

    private static void putList(Map<String, String> pairs, String key, List<String> values) {
        if (!values.stream().allMatch(String::isEmpty)) {
            pairs.put(key, String.join(",", values));
        }
    }

    private static void put(Map<String, String> pairs, String key, String encoded) {
        if (!encoded.isEmpty()) {
            pairs.put(key, decode(encoded));
        }
    }

    private static String decode(String encoded) {
        if (encoded.indexOf('%') < 0) {
            return encoded;
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        byte[] text = encoded.getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < text.length; i++) {
            if (text[i] != '%') {
                bytes.write(text[i]);
                continue;
            }
            int high = i + 2 < text.length ? Character.digit(text[i + 1], 16) : -1;
            int low = i + 2 < text.length ? Character.digit(text[i + 2], 16) : -1;
            if (high < 0 || low < 0 || (high | low) == 0) {
                throw new IllegalArgumentException("a '%' is not followed by two hexadecimal digits, or means zero");
            }
            bytes.write(16 * high + low);
            i += 2;
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
