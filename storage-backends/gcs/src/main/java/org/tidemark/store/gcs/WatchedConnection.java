// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.gcs;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.ProtocolException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.tidemark.store.ServerClock;

/**
 * A connection of the JDK that watches the sent bytes and notes the date of the answer. It delegates the methods that
 * the library's transport uses. Not thread-safe.
 */
final class WatchedConnection extends HttpURLConnection {
    private final HttpURLConnection connection;
    private final ServerClock clock;

    WatchedConnection(HttpURLConnection connection, ServerClock clock) {
        super(connection.getURL());
        this.connection = connection;
        this.clock = clock;
    }

    @Override
    public OutputStream getOutputStream() throws IOException {
        return WriteStallDetector.watched(connection.getOutputStream());
    }

    @Override
    public void connect() throws IOException {
        connection.connect();
    }

    @Override
    public void disconnect() {
        connection.disconnect();
    }

    @Override
    public boolean usingProxy() {
        return connection.usingProxy();
    }

    @Override
    public void setRequestMethod(String name) throws ProtocolException {
        connection.setRequestMethod(name);
    }

    @Override
    public String getRequestMethod() {
        return connection.getRequestMethod();
    }

    @Override
    public void setInstanceFollowRedirects(boolean follow) {
        connection.setInstanceFollowRedirects(follow);
    }

    @Override
    public void setUseCaches(boolean use) {
        connection.setUseCaches(use);
    }

    @Override
    public void setDoOutput(boolean output) {
        connection.setDoOutput(output);
    }

    @Override
    public boolean getDoOutput() {
        return connection.getDoOutput();
    }

    @Override
    public void setConnectTimeout(int millis) {
        connection.setConnectTimeout(millis);
    }

    @Override
    public void setReadTimeout(int millis) {
        connection.setReadTimeout(millis);
    }

    @Override
    public void setFixedLengthStreamingMode(int bytes) {
        connection.setFixedLengthStreamingMode(bytes);
    }

    @Override
    public void setFixedLengthStreamingMode(long bytes) {
        connection.setFixedLengthStreamingMode(bytes);
    }

    @Override
    public void setChunkedStreamingMode(int bytes) {
        connection.setChunkedStreamingMode(bytes);
    }

    @Override
    public void setRequestProperty(String name, String value) {
        connection.setRequestProperty(name, value);
    }

    @Override
    public void addRequestProperty(String name, String value) {
        connection.addRequestProperty(name, value);
    }

    @Override
    public @Nullable String getRequestProperty(String name) {
        return connection.getRequestProperty(name);
    }

    @Override
    public Map<String, List<String>> getRequestProperties() {
        return connection.getRequestProperties();
    }

    @Override
    public int getResponseCode() throws IOException {
        int code = connection.getResponseCode();
        clock.heard(connection.getHeaderField("Date"));
        return code;
    }

    @Override
    public @Nullable String getResponseMessage() throws IOException {
        return connection.getResponseMessage();
    }

    @Override
    public @Nullable String getHeaderField(String name) {
        return connection.getHeaderField(name);
    }

    @Override
    public @Nullable String getHeaderField(int number) {
        return connection.getHeaderField(number);
    }

    @Override
    public @Nullable String getHeaderFieldKey(int number) {
        return connection.getHeaderFieldKey(number);
    }

    @Override
    public Map<String, List<String>> getHeaderFields() {
        return connection.getHeaderFields();
    }

    @Override
    public InputStream getInputStream() throws IOException {
        return connection.getInputStream();
    }

    @Override
    public @Nullable InputStream getErrorStream() {
        return connection.getErrorStream();
    }
}
