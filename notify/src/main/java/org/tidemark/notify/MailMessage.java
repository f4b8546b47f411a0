// SPDX-License-Identifier: Apache-2.0
package org.tidemark.notify;

import jakarta.mail.Authenticator;
import jakarta.mail.Message;
import jakarta.mail.MessagingException;
import jakarta.mail.PasswordAuthentication;
import jakarta.mail.SendFailedException;
import jakarta.mail.Session;
import jakarta.mail.Transport;
import jakarta.mail.internet.InternetAddress;
import jakarta.mail.internet.MimeMessage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Date;
import java.util.Optional;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import org.tidemark.config.MailServer;
import org.tidemark.config.MailServer.Security;
import org.tidemark.config.NotifySettings.Mail;
import org.tidemark.core.ExitCode;
import org.tidemark.core.FileProblem;
import org.tidemark.core.LongWaits;
import org.tidemark.core.LongWaits.Wait;
import org.tidemark.core.NetworkCause;
import org.tidemark.core.UserFacingException;

/** A mail, sent to the server that takes it. */
record MailMessage(Mail mail) {
    private static final int MOST_CAUSES = 10;

    /** Returns when the server has taken it. */
    void send(Announcement announcement) throws DeliveryFailed {
        MailServer server = mail.server();
        String scheme = server.security() == Security.TLS ? "smtps" : "smtp";
        Session session = Session.getInstance(properties(scheme), authenticator());
        try (Wait _ = LongWaits.on("the mail server " + server.host())) {
            MimeMessage message = new MimeMessage(session);
            message.setFrom(new InternetAddress(mail.from().orElse("tidemark@" + announcement.host())));
            for (String each : mail.to()) {
                message.addRecipient(Message.RecipientType.TO, new InternetAddress(each));
            }
            message.setSubject(announcement.title(), StandardCharsets.UTF_8.name());
            message.setText(announcement.text(), StandardCharsets.UTF_8.name());
            message.setSentDate(Date.from(announcement.at()));
            message.setHeader("Auto-Submitted", "auto-generated");
            message.saveChanges();
            try (Transport transport = session.getTransport(scheme)) {
                transport.connect();
                transport.sendMessage(message, message.getAllRecipients());
            }
        } catch (SendFailedException e) {
            // Somebody was told, who would be told again at each look.
            if (e.getValidSentAddresses() == null || e.getValidSentAddresses().length == 0) {
                throw DeliveryFailed.refused("the mail server " + server.host() + " did not take it: " + words(e));
            }
        } catch (MessagingException e) {
            throw new DeliveryFailed("the mail server " + server.host() + " did not take it: " + words(e));
        }
    }

    /** What went wrong last of all: an exception of mail says only at which step. */
    private static String words(MessagingException problem) {
        Throwable innermost = problem;
        for (int depth = 0; depth < MOST_CAUSES && innermost.getCause() != null; depth++) {
            innermost = innermost.getCause();
        }
        String said = Optional.ofNullable(innermost.getMessage())
                .map(text -> text.lines().findFirst().orElse(""))
                .orElse(innermost.getClass().getSimpleName());
        return NetworkCause.wordsOfCause(problem).orElse(said);
    }

    private Properties properties(String scheme) {
        MailServer server = mail.server();
        String limit = Long.toString(Sender.LIMIT.toMillis());
        String prefix = "mail." + scheme + ".";
        Properties properties = new Properties();
        properties.setProperty(prefix + "host", server.host());
        properties.setProperty(prefix + "port", Integer.toString(server.port()));
        properties.setProperty(prefix + "connectiontimeout", limit);
        properties.setProperty(prefix + "timeout", limit);
        properties.setProperty(prefix + "writetimeout", limit);
        properties.setProperty(prefix + "ssl.checkserveridentity", "true");
        properties.setProperty(prefix + "sendpartial", "true");
        boolean isStartTls = server.security() == Security.STARTTLS;
        properties.setProperty(prefix + "starttls.enable", Boolean.toString(isStartTls));
        properties.setProperty(prefix + "starttls.required", Boolean.toString(isStartTls));
        properties.setProperty(prefix + "auth", Boolean.toString(mail.user().isPresent()));
        return properties;
    }

    private @Nullable Authenticator authenticator() {
        if (mail.user().isEmpty()) {
            return null;
        }
        PasswordAuthentication known = new PasswordAuthentication(
                mail.user().get(),
                mail.passwordFile().map(MailMessage::password).orElse(""));
        return new Authenticator() {
            @Override
            protected PasswordAuthentication getPasswordAuthentication() {
                return known;
            }
        };
    }

    private static String password(Path file) {
        try {
            return Files.readString(file).strip();
        } catch (IOException e) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    "cannot read the password in '" + file + "': " + FileProblem.of(e),
                    "Let the user that runs Tidemark read it, and nobody else.",
                    e);
        }
    }
}
