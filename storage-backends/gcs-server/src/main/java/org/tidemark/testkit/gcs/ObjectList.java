// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit.gcs;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Lists objects, page by page.
 *
 * @see <a href="https://cloud.google.com/storage/docs/json_api/v1/objects/list">Objects: list</a>
 */
final class ObjectList {
    /** "The service uses this parameter or 1,000 items, whichever is smaller." */
    private static final int MAX_RESULTS = 1000;

    /** Behind every name that begins with what precedes it: no UTF-8 has a greater code point. */
    private static final String LAST = new String(Character.toChars(Character.MAX_CODE_POINT));

    private final Buckets buckets;

    ObjectList(Buckets buckets) {
        this.buckets = buckets;
    }

    ApiResponse list(ApiRequest request, String bucketName, Caller caller) {
        Query query = request.query();
        query.allow(
                "prefix",
                "delimiter",
                "includeTrailingDelimiter",
                "startOffset",
                "endOffset",
                "pageToken",
                "maxResults",
                "versions");
        if (query.flag("versions")) {
            throw ApiError.notImplemented("versions of objects");
        }
        long most = query.number("maxResults").orElse(MAX_RESULTS);
        if (most == 0) {
            throw ApiError.invalidParameter("maxResults", "Invalid value for maxResults: 0");
        }
        caller.require(Right.LIST);
        Bucket bucket = buckets.require(bucketName);
        Selection selection = new Selection(
                query.text("prefix").orElse(""),
                query.text("delimiter").orElse(""),
                query.flag("includeTrailingDelimiter"),
                query.text("startOffset").orElse(""),
                query.text("endOffset"));
        Page page = new Page((int) Math.min(most, MAX_RESULTS));
        String from = query.text("pageToken").map(ObjectList::position).orElse(selection.start());
        page.fill(bucket, selection, from);
        return ApiResponse.json(200, page.json());
    }

    private static String position(String token) {
        try {
            return new String(Base64.getUrlDecoder().decode(token), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw ApiError.invalidParameter("pageToken", "Invalid value for pageToken: '" + token + "'");
        }
    }

    private record Selection(
            String prefix, String delimiter, boolean trailing, String startOffset, Optional<String> endOffset) {
        String start() {
            return Bucket.compare(startOffset, prefix) > 0 ? startOffset : prefix;
        }

        boolean endsBefore(String name) {
            boolean behindPrefix = !name.startsWith(prefix) && Bucket.compare(name, prefix) > 0;
            return behindPrefix
                    || endOffset.map(end -> Bucket.compare(name, end) >= 0).orElse(false);
        }

        /** What a name is rolled up into, up to and with the first delimiter behind the prefix. */
        Optional<String> directory(String name) {
            int at = delimiter.isEmpty() ? -1 : name.indexOf(delimiter, prefix.length());
            return at < 0 ? Optional.empty() : Optional.of(name.substring(0, at + delimiter.length()));
        }
    }

    private static final class Page {
        private final int most;
        private final List<Object> items = new ArrayList<>();
        private final List<String> prefixes = new ArrayList<>();
        private Optional<String> next = Optional.empty();
        private int count;

        Page(int most) {
            this.most = most;
        }

        void fill(Bucket bucket, Selection selection, String from) {
            String at = from;
            while (true) {
                Optional<StoredObject> object = bucket.from(at);
                if (object.isEmpty() || selection.endsBefore(object.get().name())) {
                    return;
                }
                if (count == most) {
                    next = Optional.of(at);
                    return;
                }
                at = add(object.get(), selection);
            }
        }

        /** @return from where on to go on */
        private String add(StoredObject object, Selection selection) {
            String name = object.name();
            Optional<String> directory = selection.directory(name);
            count++;
            if (directory.isEmpty()) {
                items.add(object.json(Optional.empty()));
                return name + '\0';
            }
            prefixes.add(directory.get());
            if (selection.trailing() && directory.get().equals(name)) {
                items.add(object.json(Optional.empty()));
            }
            return directory.get() + LAST;
        }

        Map<String, Object> json() {
            Map<String, Object> json = new LinkedHashMap<>();
            json.put("kind", "storage#objects");
            next.ifPresent(name -> json.put(
                    "nextPageToken", Base64.getUrlEncoder().encodeToString(name.getBytes(StandardCharsets.UTF_8))));
            if (!prefixes.isEmpty()) {
                json.put("prefixes", prefixes);
            }
            if (!items.isEmpty()) {
                json.put("items", items);
            }
            return json;
        }
    }
}
