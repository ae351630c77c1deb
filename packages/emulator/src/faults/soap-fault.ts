import { escapeMarkup } from '../oauth/wire-format.ts';
import { type EmulatorAnswer, textAnswer } from '../server/http-message.ts';

/** A SOAP 1.1 fault of the partner API: status 500, the code once bare and once with the prefix of its namespace. */
export function soapFault(code: string, message: string): EmulatorAnswer {
  const [exceptionCode, exceptionMessage] = [escapeMarkup(code), escapeMarkup(message)];
  const body =
    '<?xml version="1.0" encoding="UTF-8"?>' +
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:sf="urn:fault.partner.soap.sforce.com"' +
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body><soapenv:Fault>' +
    `<faultcode>sf:${exceptionCode}</faultcode><faultstring>${exceptionCode}: ${exceptionMessage}</faultstring>` +
    '<detail><sf:LoginFault xsi:type="sf:LoginFault">' +
    `<sf:exceptionCode>${exceptionCode}</sf:exceptionCode><sf:exceptionMessage>${exceptionMessage}</sf:exceptionMessage>` +
    '</sf:LoginFault></detail></soapenv:Fault></soapenv:Body></soapenv:Envelope>';
  return textAnswer(500, body, 'text/xml;charset=UTF-8');
}
