// SPDX-License-Identifier: Apache-2.0
/** What a process that stays tells the host on which it runs. */
package org.tidemark.operations.service;
