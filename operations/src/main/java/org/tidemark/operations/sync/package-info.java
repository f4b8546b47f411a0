// SPDX-License-Identifier: Apache-2.0
/** Gives repositories what they lack: what is queued for them and what another repository holds. */
package org.tidemark.operations.sync;
