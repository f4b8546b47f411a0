// SPDX-License-Identifier: Apache-2.0
package org.tidemark.notify;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.tidemark.config.NotifySettings;
import org.tidemark.config.NotifySettings.Heartbeat;
import org.tidemark.config.NotifySettings.Mail;
import org.tidemark.config.NotifySettings.Program;
import org.tidemark.config.NotifySettings.Webhook;
import org.tidemark.core.JsonText;
import org.tidemark.core.OperatorProgram;
import org.tidemark.core.UserFacingException;

/** Sends to one destination, once. */
final class Sender {
    /** For a program, for a connection, and for each answer. */
    static final Duration LIMIT = Duration.ofSeconds(10);

    private static final int LONGEST_VARIABLE = 127 << 10;
    /** Of the usual chats, the shortest limit is 4096 bytes. */
    private static final int LONGEST_CHAT = 3000;

    private static final int LONGEST_TEXT = 16 << 10;

    private final NotifySettings to;

    Sender(NotifySettings to) {
        this.to = to;
    }

    /** Returns when the destination has taken it. A heartbeat takes nothing but a test. */
    void send(Announcement announcement) throws DeliveryFailed {
        try {
            switch (to.to()) {
                case Program program -> run(program, announcement);
                case Webhook webhook ->
                    WebRequest.post(
                            webhook.address().read(),
                            webhook.textOnly()
                                    ? JsonText.of(Map.of("text", announcement.text(LONGEST_CHAT)))
                                    : announcement.line());
                case Heartbeat heartbeat -> beat(heartbeat);
                case Mail mail -> new MailMessage(mail).send(announcement);
            }
        } catch (UserFacingException e) {
            throw new DeliveryFailed(e.getMessage());
        }
    }

    /** Tells that somebody has looked. */
    void beat(Heartbeat heartbeat) throws DeliveryFailed {
        try {
            WebRequest.get(heartbeat.address().read());
        } catch (UserFacingException e) {
            throw new DeliveryFailed(e.getMessage());
        }
    }

    private void run(Program program, Announcement announcement) throws DeliveryFailed {
        try {
            int status = new OperatorProgram("notify." + to.name() + ".command", program.path())
                    .run(variables(announcement), LIMIT)
                    .status();
            if (status != 0) {
                throw new DeliveryFailed("'" + program.path() + "' exited with status " + status);
            }
        } catch (IOException e) {
            throw new DeliveryFailed(Optional.ofNullable(e.getMessage()).orElse(e.toString()));
        }
    }

    /** The kernel starts no program with a longer variable than 128 KiB; only the JSON can become as long. */
    private static Map<String, String> variables(Announcement announcement) {
        String json = announcement.line();
        return Map.of(
                "TIDEMARK_CLUSTER", announcement.cluster().value(),
                "TIDEMARK_STATE", announcement.state().name(),
                "TIDEMARK_TITLE", announcement.title(),
                "TIDEMARK_TEXT", announcement.text(LONGEST_TEXT),
                "TIDEMARK_JSON", json.getBytes(StandardCharsets.UTF_8).length < LONGEST_VARIABLE ? json : "{}");
    }
}
