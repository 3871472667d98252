"use strict";(self.rspackChunk_netguru_lab=self.rspackChunk_netguru_lab||[]).push([[232],{475(n,e,r){var o=r(601),t=r.n(o),a=r(314),i=(r.n(a))()(t());i.push([n.id,`/* The chat. Colours and fonts come from the theme; the values after the comma serve where there is none. */

/* Wide enough for a table; Lab's own rule for its side panels asks for less, so this one names the panel. */
#netguru-chat.ngc-panel {
  display: flex;
  min-width: 380px;
}

.ngc {
  --ngc-text: var(--jp-ui-font-color1, #1f2328);
  --ngc-dim: var(--jp-ui-font-color2, #59636e);
  --ngc-page: var(--jp-layout-color1, #fff);
  --ngc-soft: var(--jp-layout-color2, #f3f4f6);
  --ngc-line: var(--jp-border-color2, #d4d8dd);
  --ngc-brand: var(--jp-brand-color1, #1769aa);
  --ngc-mark: var(--jp-warn-color3, #fff3c4);

  display: flex;
  flex-direction: column;
  flex: 1 1 auto;
  position: relative;
  min-width: 0;
  height: 100%;
  color: var(--ngc-text);
  background: var(--ngc-page);
  font: var(--jp-ui-font-size1, 13px) / 1.5 var(--jp-ui-font-family, system-ui, sans-serif);
}

.ngc *,
.ngc *::before {
  box-sizing: border-box;
}

.ngc [hidden] {
  display: none !important;
}

.ngc button,
.ngc input,
.ngc textarea {
  font: inherit;
  color: inherit;
}

.ngc button {
  padding: 3px 10px;
  border: 1px solid var(--ngc-line);
  border-radius: 4px;
  background: var(--ngc-page);
  cursor: pointer;
}

.ngc button:hover:not(:disabled) {
  background: var(--ngc-soft);
}

.ngc button:disabled {
  opacity: 0.45;
  cursor: default;
}

.ngc :focus-visible {
  outline: 2px solid var(--ngc-brand);
  outline-offset: 1px;
}

.ngc button.ngc-primary {
  border-color: transparent;
  background: var(--ngc-brand);
  color: var(--jp-ui-inverse-font-color1, #fff);
}

.ngc button.ngc-primary:hover:not(:disabled) {
  background: var(--jp-brand-color0, #0f4c81);
}

.ngc button.ngc-stop:not(:disabled) {
  border-color: var(--jp-error-color1, #c62828);
  color: var(--jp-error-color1, #c62828);
}

.ngc button.ngc-sign {
  display: inline-flex;
  padding: 4px;
  border-color: transparent;
  background: none;
  color: var(--ngc-dim);
}

.ngc button.ngc-sign:hover {
  background: var(--ngc-soft);
  color: var(--ngc-text);
}

.ngc-head {
  display: flex;
  align-items: center;
  gap: 4px;
  padding: 6px 8px;
  border-bottom: 1px solid var(--ngc-line);
}

.ngc h2.ngc-title {
  flex: 1;
  min-width: 0;
  margin: 0 4px;
  overflow: hidden;
  font-size: inherit;
  font-weight: 600;
  text-overflow: ellipsis;
  white-space: nowrap;
}

.ngc-dim {
  color: var(--ngc-dim);
  font-size: 0.92em;
}

.ngc-log {
  flex: 1 1 0;
  min-height: 120px;
  padding: 12px;
  overflow-y: auto;
}

.ngc-empty {
  display: flex;
  flex-direction: column;
  align-items: flex-start;
  gap: 8px;
  padding: 8px 4px;
  color: var(--ngc-dim);
}

.ngc-empty p {
  margin: 0 0 6px;
}

.ngc button.ngc-example {
  text-align: left;
  color: var(--ngc-text);
}

.ngc-message {
  margin-bottom: 16px;
  overflow-wrap: anywhere;
}

.ngc-question {
  width: fit-content;
  max-width: 92%;
  margin-left: auto;
  padding: 7px 11px;
  border-radius: 10px 10px 2px;
  background: var(--ngc-soft);
  white-space: pre-wrap;
}

.ngc-tools,
.ngc-chips,
.ngc-list ul,
.ngc-places ul {
  margin: 0;
  padding: 0;
  list-style: none;
}

.ngc-tool {
  display: flex;
  align-items: center;
  gap: 8px;
  margin-bottom: 4px;
  color: var(--ngc-dim);
  font-size: 0.92em;
}

.ngc-tool::before {
  flex: none;
  width: 7px;
  height: 7px;
  border-radius: 50%;
  background: var(--jp-success-color1, #2e7d32);
  content: '';
}

.ngc-tool-started::before,
.ngc-tool-progress::before {
  background: var(--ngc-brand);
}

.ngc-tool-failed::before {
  background: var(--jp-error-color1, #c62828);
}

.ngc-tool-cancelled::before {
  background: var(--ngc-dim);
}

.ngc-tool-name {
  flex: none;
  font-family: var(--jp-code-font-family, monospace);
}

.ngc-tool-state {
  flex: 1;
  min-width: 0;
  overflow: hidden;
  text-overflow: ellipsis;
  white-space: nowrap;
}

.ngc-tool progress {
  width: 80px;
  height: 6px;
  accent-color: var(--ngc-brand);
}

.ngc-text p,
.ngc-text ul,
.ngc-text ol,
.ngc-text blockquote {
  margin: 0 0 8px;
}

.ngc-text ul,
.ngc-text ol {
  padding-left: 20px;
}

.ngc-text h1,
.ngc-text h2,
.ngc-text h3,
.ngc-text h4 {
  margin: 12px 0 6px;
  font-size: 1.08em;
  font-weight: 600;
}

.ngc-text blockquote {
  padding-left: 10px;
  border-left: 3px solid var(--ngc-line);
  color: var(--ngc-dim);
}

.ngc code,
.ngc pre {
  font-family: var(--jp-code-font-family, monospace);
  font-size: 0.94em;
}

.ngc-text code {
  padding: 1px 4px;
  border-radius: 3px;
  background: var(--ngc-soft);
}

.ngc-code {
  margin: 0 0 10px;
  border: 1px solid var(--ngc-line);
  border-radius: 4px;
}

.ngc-code pre,
.ngc-approval pre {
  margin: 0;
  padding: 8px 10px;
  overflow-x: auto;
  line-height: 1.4;
}

.ngc-code pre code {
  padding: 0;
  background: none;
}

.ngc-code-bar {
  display: flex;
  justify-content: flex-end;
  gap: 4px;
  padding: 3px 4px;
  border-top: 1px solid var(--ngc-line);
}

.ngc-code-bar button {
  border-color: transparent;
  color: var(--ngc-dim);
  font-size: 0.9em;
}

.ngc-wide {
  margin-bottom: 10px;
  overflow-x: auto;
}

.ngc table {
  border-collapse: collapse;
  font-size: 0.94em;
}

.ngc th,
.ngc td {
  padding: 3px 8px;
  border: 1px solid var(--ngc-line);
  overflow-wrap: normal;
  text-align: left;
  white-space: nowrap;
}

.ngc th {
  background: var(--ngc-soft);
  font-weight: 600;
}

.ngc button.ngc-cite {
  min-width: 18px;
  margin: 0 1px;
  padding: 0 4px;
  border-color: transparent;
  border-radius: 8px;
  background: var(--jp-brand-color1, #1976d2);
  color: var(--jp-ui-inverse-font-color0, #fff);
  font-size: 0.8em;
  line-height: 1.5;
  vertical-align: 1px;
}

.ngc-places summary {
  color: var(--ngc-dim);
  font-size: 0.92em;
  cursor: pointer;
}

.ngc-places li {
  display: flex;
  align-items: baseline;
  gap: 6px;
  padding: 2px 0;
  font-size: 0.92em;
}

.ngc-place {
  margin: 6px 0 10px;
  border: 1px solid var(--ngc-line);
  border-radius: 4px;
}

.ngc-place-head {
  display: flex;
  align-items: center;
  justify-content: space-between;
  padding: 3px 4px 3px 10px;
  background: var(--ngc-soft);
  font-weight: 600;
}

.ngc-lines,
.ngc-passage {
  max-height: 260px;
  margin: 0;
  padding: 6px 0;
  overflow: auto;
}

.ngc-passage {
  padding: 8px 10px;
  white-space: pre-wrap;
}

.ngc-number {
  display: inline-block;
  width: 44px;
  padding-right: 10px;
  color: var(--ngc-dim);
  text-align: right;
  user-select: none;
}

.ngc mark {
  background: none;
  color: inherit;
}

.ngc-passage mark,
.ngc-marked {
  background: var(--ngc-mark) !important;
  color: inherit;
}

.ngc-end {
  margin-top: 6px;
}

.ngc-standing {
  display: flex;
  flex-wrap: wrap;
  gap: 2px 12px;
  color: var(--ngc-dim);
  font-size: 0.92em;
}

.ngc-status::before {
  display: inline-block;
  width: 8px;
  height: 8px;
  margin-right: 5px;
  border-radius: 2px;
  background: var(--jp-success-color1, #2e7d32);
  content: '';
}

[data-standing='partial'] .ngc-status::before {
  background: var(--jp-warn-color1, #e58a00);
}

[data-standing='not_found'] .ngc-status::before {
  background: var(--ngc-dim);
}

.ngc-warn {
  text-decoration: underline dotted;
}

.ngc-working {
  color: var(--ngc-dim);
}

.ngc-working::after {
  animation: ngc-dots 1.2s steps(4) infinite;
  content: '…';
}

@keyframes ngc-dots {
  50% {
    opacity: 0.2;
  }
}

@media (prefers-reduced-motion: reduce) {
  .ngc-working::after {
    animation: none;
  }
}

.ngc-fault {
  margin: 4px 0 6px;
  color: var(--jp-error-color1, #c62828);
}

.ngc-stopped {
  color: var(--ngc-dim);
  font-style: italic;
}

.ngc-approval {
  margin: 8px 0;
  padding: 10px;
  border: 1px solid var(--jp-warn-color1, #e58a00);
  border-radius: 4px;
}

.ngc-approval button {
  margin-right: 6px;
}

.ngc-notice {
  padding: 0 12px;
  color: var(--jp-error-color1, #c62828);
}

.ngc-notice:not(:empty) {
  padding-bottom: 6px;
}

.ngc-said {
  position: absolute;
  width: 1px;
  height: 1px;
  overflow: hidden;
  clip-path: inset(50%);
}

.ngc-composer {
  position: relative;
  flex: none;
  padding: 8px 10px 10px;
  border-top: 1px solid var(--ngc-line);
}

.ngc-composer textarea {
  display: block;
  width: 100%;
  padding: 7px 9px;
  resize: none;
  border: 1px solid var(--ngc-line);
  border-radius: 6px;
  background: var(--jp-input-background, var(--ngc-page));
}

.ngc-row {
  display: flex;
  align-items: center;
  gap: 6px;
  margin-top: 6px;
}

.ngc-gap {
  flex: 1;
}

.ngc-chips {
  display: flex;
  flex-wrap: wrap;
  gap: 4px;
}

.ngc-chip {
  display: inline-flex;
  align-items: center;
  max-width: 100%;
  margin-bottom: 6px;
  padding-left: 8px;
  border-radius: 10px;
  background: var(--ngc-soft);
}

.ngc-chip span {
  overflow: hidden;
  text-overflow: ellipsis;
  white-space: nowrap;
}

.ngc-menu {
  position: absolute;
  bottom: 44px;
  left: 8px;
  z-index: 5;
  display: flex;
  flex-direction: column;
  max-width: calc(100% - 16px);
  padding: 4px;
  border: 1px solid var(--ngc-line);
  border-radius: 6px;
  background: var(--ngc-page);
  box-shadow: var(--jp-elevation-z6, 0 3px 12px rgb(0 0 0 / 20%));
}

.ngc-menu button {
  overflow: hidden;
  border-color: transparent;
  text-align: left;
  text-overflow: ellipsis;
  white-space: nowrap;
}

.ngc-list {
  position: absolute;
  inset: 38px 0 0;
  z-index: 4;
  padding: 10px;
  overflow-y: auto;
  background: var(--ngc-page);
}

.ngc-list input {
  width: 100%;
  margin-bottom: 8px;
  padding: 5px 8px;
  border: 1px solid var(--ngc-line);
  border-radius: 4px;
  background: var(--jp-input-background, var(--ngc-page));
}

.ngc-list li {
  display: flex;
  align-items: center;
  gap: 2px;
  min-height: 32px;
  border-radius: 4px;
}

.ngc-list li:hover,
.ngc-list li.ngc-current {
  background: var(--ngc-soft);
}

.ngc-list li input {
  margin: 2px;
}

.ngc button.ngc-open {
  display: flex;
  flex: 1;
  align-items: baseline;
  justify-content: space-between;
  gap: 8px;
  min-width: 0;
  border-color: transparent;
  background: none;
  text-align: left;
}

.ngc-open-title {
  flex: 1;
  min-width: 0;
  overflow: hidden;
  text-overflow: ellipsis;
  white-space: nowrap;
}

.ngc-settings h3 {
  margin: 0;
  font-size: inherit;
}

.ngc-settings label {
  display: block;
  margin-top: 10px;
}

.ngc-settings label span {
  display: block;
  color: var(--ngc-dim);
  font-size: 0.92em;
}

.ngc-settings input,
.ngc-settings select {
  width: 100%;
  margin: 2px 0 0;
  padding: 5px 8px;
  border: 1px solid var(--ngc-line);
  border-radius: 4px;
  background: var(--jp-input-background, var(--ngc-page));
  color: inherit;
  font: inherit;
}

/* Viewers */

.ngc-document {
  display: flex;
}

.ngc-viewer {
  overflow: hidden;
}

.ngc-bar {
  display: flex;
  align-items: center;
  gap: 8px;
  padding: 6px 10px;
  border-bottom: 1px solid var(--ngc-line);
}

.ngc-bar input {
  flex: 1;
  min-width: 0;
  padding: 4px 8px;
  border: 1px solid var(--ngc-line);
  border-radius: 4px;
  background: var(--jp-input-background, var(--ngc-page));
  font-family: var(--jp-code-font-family, monospace);
}

.ngc-bar input[aria-invalid='true'] {
  border-color: var(--jp-error-color1, #c62828);
}

.ngc-path {
  flex: 1;
  overflow: hidden;
  text-overflow: ellipsis;
  white-space: nowrap;
}

.ngc-where {
  color: var(--ngc-dim);
}

.ngc-viewer > .ngc-notice:not(:empty) {
  padding-top: 6px;
}

.ngr {
  position: relative;
  flex: 1 1 0;
  min-height: 0;
  overflow: auto;
  font-family: var(--jp-code-font-family, monospace);
  font-size: var(--jp-code-font-size, 13px);
}

.ngr:focus-visible {
  outline-offset: -2px;
}

.ngr-space {
  position: relative;
}

.ngr-row,
.ngr-head {
  display: grid;
  align-items: center;
  white-space: pre;
}

.ngr-row > span,
.ngr-head > span {
  overflow: hidden;
  padding: 0 8px;
  text-overflow: ellipsis;
}

.ngr-packets {
  font-size: 12px;
}

.ngr-packets .ngr-head,
.ngr-packets .ngr-space {
  min-width: 1020px;
}

.ngr-packets .ngr-row,
.ngr-packets .ngr-head {
  grid-template-columns: 70px 100px minmax(110px, 1fr) minmax(110px, 1fr) 80px 66px minmax(240px, 5fr);
}

.ngr-packets .ngr-row > :first-child,
.ngr-packets .ngr-row > :nth-child(2),
.ngr-packets .ngr-row > :nth-child(6),
.ngr-packets .ngr-head > :first-child,
.ngr-packets .ngr-head > :nth-child(2),
.ngr-packets .ngr-head > :nth-child(6) {
  text-align: right;
}

.ngr-packets .ngr-odd {
  background: var(--ngc-soft);
}

.ngr-head {
  position: sticky;
  top: 0;
  z-index: 1;
  height: 26px;
  border-bottom: 1px solid var(--ngc-line);
  background: var(--ngc-page);
  font-family: var(--jp-ui-font-family, system-ui, sans-serif);
  font-weight: 600;
}

.ngr-lines .ngr-row {
  grid-template-columns: 64px 1fr;
  width: max-content;
  min-width: 100%;
}

.ngr-lines .ngr-row > :first-child {
  color: var(--ngc-dim);
  text-align: right;
  user-select: none;
}

.ngr-row.ngr-chosen {
  box-shadow: inset 3px 0 var(--ngc-brand), inset 0 0 0 1px var(--ngc-brand);
}

.ngc-details {
  flex: 0 0 34%;
  padding: 8px 10px;
  overflow: auto;
  border-top: 1px solid var(--ngc-line);
  font-size: 12px;
}

.ngc-details summary {
  font-weight: 600;
  cursor: pointer;
}

.ngc-field {
  display: grid;
  grid-template-columns: minmax(160px, 1fr) 3fr;
  gap: 10px;
  padding-left: 16px;
  font-family: var(--jp-code-font-family, monospace);
}

.ngc-field > :first-child {
  color: var(--ngc-dim);
}

/* In a cell */

.ngc-framed {
  height: 560px;
  border: 1px solid var(--ngc-line);
  border-radius: 6px;
}
`,""]),r.d(e,{},{A:i})},314(n){n.exports=function(n){var e=[];return e.toString=function(){return this.map(function(e){var r="",o=void 0!==e[5];return e[4]&&(r+="@supports (".concat(e[4],") {")),e[2]&&(r+="@media ".concat(e[2]," {")),o&&(r+="@layer".concat(e[5].length>0?" ".concat(e[5]):""," {")),r+=n(e),o&&(r+="}"),e[2]&&(r+="}"),e[4]&&(r+="}"),r}).join("")},e.i=function(n,r,o,t,a){"string"==typeof n&&(n=[[null,n,void 0]]);var i={};if(o)for(var c=0;c<this.length;c++){var p=this[c][0];null!=p&&(i[p]=!0)}for(var g=0;g<n.length;g++){var d=[].concat(n[g]);o&&i[d[0]]||(void 0!==a&&(void 0===d[5]||(d[1]="@layer".concat(d[5].length>0?" ".concat(d[5]):""," {").concat(d[1],"}")),d[5]=a),r&&(d[2]&&(d[1]="@media ".concat(d[2]," {").concat(d[1],"}")),d[2]=r),t&&(d[4]?(d[1]="@supports (".concat(d[4],") {").concat(d[1],"}"),d[4]=t):d[4]="".concat(t)),e.push(d))}},e}},601(n){n.exports=function(n){return n[1]}},72(n){var e=[];function r(n){for(var r=-1,o=0;o<e.length;o++)if(e[o].identifier===n){r=o;break}return r}function o(n,o){for(var t={},a=[],i=0;i<n.length;i++){var c=n[i],p=o.base?c[0]+o.base:c[0],g=t[p]||0,d="".concat(p," ").concat(g);t[p]=g+1;var l=r(d),s={css:c[1],media:c[2],sourceMap:c[3],supports:c[4],layer:c[5]};if(-1!==l)e[l].references++,e[l].updater(s);else{var x=function(n,e){var r=e.domAPI(e);return r.update(n),function(e){e?(e.css!==n.css||e.media!==n.media||e.sourceMap!==n.sourceMap||e.supports!==n.supports||e.layer!==n.layer)&&r.update(n=e):r.remove()}}(s,o);o.byIndex=i,e.splice(i,0,{identifier:d,updater:x,references:1})}a.push(d)}return a}n.exports=function(n,t){var a=o(n=n||[],t=t||{});return function(n){n=n||[];for(var i=0;i<a.length;i++){var c=r(a[i]);e[c].references--}for(var p=o(n,t),g=0;g<a.length;g++){var d=r(a[g]);0===e[d].references&&(e[d].updater(),e.splice(d,1))}a=p}}},659(n){var e={};n.exports=function(n,r){var o=function(n){if(void 0===e[n]){var r=document.querySelector(n);if(window.HTMLIFrameElement&&r instanceof window.HTMLIFrameElement)try{r=r.contentDocument.head}catch(n){r=null}e[n]=r}return e[n]}(n);if(!o)throw Error("Couldn't find a style target. This probably means that the value for the 'insert' parameter is invalid.");o.appendChild(r)}},540(n){n.exports=function(n){var e=document.createElement("style");return n.setAttributes(e,n.attributes),n.insert(e,n.options),e}},56(n,e,r){n.exports=function(n){var e=r.nc;e&&n.setAttribute("nonce",e)}},825(n){n.exports=function(n){if("u"<typeof document)return{update:function(){},remove:function(){}};var e=n.insertStyleElement(n);return{update:function(r){var o,t,a;o="",r.supports&&(o+="@supports (".concat(r.supports,") {")),r.media&&(o+="@media ".concat(r.media," {")),(t=void 0!==r.layer)&&(o+="@layer".concat(r.layer.length>0?" ".concat(r.layer):""," {")),o+=r.css,t&&(o+="}"),r.media&&(o+="}"),r.supports&&(o+="}"),(a=r.sourceMap)&&"u">typeof btoa&&(o+="\n/*# sourceMappingURL=data:application/json;base64,".concat(btoa(unescape(encodeURIComponent(JSON.stringify(a))))," */")),n.styleTagTransform(o,e,n.options)},remove:function(){var n;null===(n=e).parentNode||n.parentNode.removeChild(n)}}}},494(n){n.exports=function(n,e){if(e.styleSheet)e.styleSheet.cssText=n;else{for(;e.firstChild;)e.removeChild(e.firstChild);e.appendChild(document.createTextNode(n))}}},579(n,e,r){var o=r(72),t=r.n(o),a=r(825),i=r.n(a),c=r(659),p=r.n(c),g=r(56),d=r.n(g),l=r(540),s=r.n(l),x=r(494),f=r.n(x),u=r(475),m={};m.styleTagTransform=f(),m.setAttributes=d(),m.insert=p().bind(null,"head"),m.domAPI=i(),m.insertStyleElement=s(),t()(u.A,m),u.A&&u.A.locals&&u.A.locals}}]);