// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit.gcs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;

/** The resumable sessions, also those that ended: a client may still ask for their result. Thread-safe. */
final class Sessions {
    private static final int MAX_REMEMBERED = 10_000;

    private final Map<String, ResumableSession> all = new LinkedHashMap<>();

    synchronized String add(ResumableSession session) {
        if (all.size() >= MAX_REMEMBERED) {
            Iterator<ResumableSession> oldest = all.values().iterator();
            end(oldest.next());
            oldest.remove();
        }
        String id = UUID.randomUUID().toString();
        all.put(id, session);
        return id;
    }

    /** The session; 404 if it never was, 410 if it expired. */
    synchronized ResumableSession require(String id) {
        ResumableSession session = all.get(id);
        if (session == null) {
            throw ApiError.of(404, "notFound", "no such upload session");
        }
        return session;
    }

    synchronized int open() {
        return (int) all.values().stream().filter(ResumableSession::isOpen).count();
    }

    /** From now on those that are not finished are gone. */
    synchronized void expire() {
        all.values().stream().filter(ResumableSession::isOpen).forEach(Sessions::end);
    }

    private static void end(ResumableSession session) {
        try {
            session.end();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
